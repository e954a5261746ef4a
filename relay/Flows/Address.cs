using System.Buffers.Binary;
using System.Net;

namespace Depmap.Relay.Flows;

/// <summary>An IP address as a value; IPv4 is held IPv4-mapped (RFC 4291 2.5.5.2), so that both families compare alike.</summary>
internal readonly record struct Address(ulong High, ulong Low)
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    /// <summary>Reads 4 or 16 bytes in network order; any other length gives false.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Address address)
    {
        address = bytes.Length switch
        {
            4 => new Address(0, MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes)),
            16 => new Address(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
            _ => default,
        };
        return bytes.Length is 4 or 16;
    }

    /// <summary>Reads an address as Kubernetes writes it; false for an empty one, <c>None</c> or a host name.</summary>
    public static bool TryParse(string? text, out Address address)
    {
        address = default;
        return IPAddress.TryParse(text, out IPAddress? parsed) && TryRead(parsed.GetAddressBytes(), out address);
    }

    /// <summary>IPv4 dotted, IPv6 as RFC 5952 writes it.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        bool mapped = High == 0 && (Low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;
        return new IPAddress(mapped ? bytes[12..] : bytes).ToString();
    }
}
