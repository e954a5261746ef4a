using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>A netlink message: struct nlmsghdr and its payload.</summary>
internal readonly ref struct NetlinkMessage(ReadOnlySpan<byte> bytes)
{
    public const int HeaderSize = 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    public ushort Flags => MemoryMarshal.Read<ushort>(_bytes[6..]);

    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    /// <summary>The port of the socket whose request caused the message; 0 if none did.</summary>
    public uint Port => MemoryMarshal.Read<uint>(_bytes[12..]);

    /// <summary>
    /// The errno of NLMSG_ERROR, 0 for an acknowledgement. NLMSG_DONE has one as well if a dump failed. The kernel stores it
    /// negated.
    /// </summary>
    public int Error => _bytes.Length >= HeaderSize + sizeof(int) ? -MemoryMarshal.Read<int>(_bytes[HeaderSize..]) : 0;

    /// <summary>Reads the fixed part and returns the attributes after it; false if the message is too short.</summary>
    public bool TryRead<T>(out T header, out NetlinkAttributes attributes)
        where T : unmanaged
    {
        ReadOnlySpan<byte> body = _bytes[HeaderSize..];
        attributes = new NetlinkAttributes(body[Math.Min(NetlinkAttributes.Align(Unsafe.SizeOf<T>()), body.Length)..]);
        return MemoryMarshal.TryRead(body, out header);
    }
}
