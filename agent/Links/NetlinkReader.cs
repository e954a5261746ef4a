using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Links;

/// <summary>Walks the messages of one netlink datagram; ends at the first one that does not fit in what is left.</summary>
internal ref struct NetlinkReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public bool TryRead(out NetlinkMessage message)
    {
        message = default;
        if (_rest.Length < NetlinkMessage.HeaderSize)
            return false;
        uint length = MemoryMarshal.Read<uint>(_rest);
        if (length < NetlinkMessage.HeaderSize || length > _rest.Length)
            return false;
        message = new NetlinkMessage(_rest[..(int)length]);
        _rest = _rest[Math.Min(NetlinkAttributes.Align((int)length), _rest.Length)..];
        return true;
    }
}

/// <summary>One netlink message: struct nlmsghdr and what follows it.</summary>
internal readonly ref struct NetlinkMessage(ReadOnlySpan<byte> bytes)
{
    public const int HeaderSize = 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    public ushort Flags => MemoryMarshal.Read<ushort>(_bytes[6..]);

    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    /// <summary>The port of the socket whose request caused the message; 0 when none did.</summary>
    public uint Port => MemoryMarshal.Read<uint>(_bytes[12..]);

    /// <summary>
    /// The errno of a message of type NLMSG_ERROR, 0 for an acknowledgement. NLMSG_DONE carries one as well, when a dump
    /// failed half-way. Both hold it negative.
    /// </summary>
    public int Error => _bytes.Length >= HeaderSize + sizeof(int) ? -MemoryMarshal.Read<int>(_bytes[HeaderSize..]) : 0;

    /// <summary>Takes the fixed part and gives the attributes behind it; false when the message is too short for it.</summary>
    public bool TryRead<T>(out T header, out NetlinkAttributes attributes)
        where T : unmanaged
    {
        ReadOnlySpan<byte> body = _bytes[HeaderSize..];
        attributes = new NetlinkAttributes(body[Math.Min(NetlinkAttributes.Align(Unsafe.SizeOf<T>()), body.Length)..]);
        return MemoryMarshal.TryRead(body, out header);
    }
}

/// <summary>Walks attributes (struct rtattr); ends at the first one that does not fit in what is left.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int HeaderSize = 4;
    private const ushort TypeMask = 0x3fff; // NLA_F_NESTED and NLA_F_NET_BYTEORDER lie above

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Messages and attributes start at multiples of four.</summary>
    public static int Align(int length) => (length + 3) & ~3;

    /// <summary>A string attribute, without the zero that ends it.</summary>
    public static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));

    public bool TryRead(out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (_rest.Length < HeaderSize)
            return false;
        int length = MemoryMarshal.Read<ushort>(_rest);
        if (length < HeaderSize || length > _rest.Length)
            return false;
        type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        value = _rest[HeaderSize..length];
        _rest = _rest[Math.Min(Align(length), _rest.Length)..];
        return true;
    }
}
