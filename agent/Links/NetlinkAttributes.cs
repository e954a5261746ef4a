using System.Runtime.InteropServices;
using System.Text;

namespace Depmap.Agent.Links;

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
