using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Links;

/// <summary>Reads attributes (struct rtattr); stops at the first attribute that does not fit.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int HeaderSize = 4;
    private const ushort TypeMask = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Messages and attributes are aligned to four bytes.</summary>
    public static int Align(int length) => (length + 3) & ~3;

    /// <summary>The value of a string attribute without its terminating zero.</summary>
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
