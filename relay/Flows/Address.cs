using System.Buffers.Binary;
using System.Net;

namespace Depmap.Relay.Flows;

/// <summary>An IP address as a value. IPv4 is stored IPv4-mapped (RFC 4291 2.5.5.2), so that both families compare the same way.</summary>
internal readonly record struct Address(ulong High, ulong Low)
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    /// <summary>Reads 4 or 16 bytes in network byte order; returns false for any other length.</summary>
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

    /// <summary>Parses an address as Kubernetes writes it; returns false for an empty string, <c>None</c> or a host name.</summary>
    public static bool TryParse(string? text, out Address address)
    {
        address = default;
        return IPAddress.TryParse(text, out IPAddress? parsed) && TryRead(parsed.GetAddressBytes(), out address);
    }

    /// <summary>Whether it is 0.0.0.0 or ::, which stand for all addresses of a host.</summary>
    public bool IsUnspecified => High == 0 && (Low is 0 or MappedPrefix);

    /// <summary>IPv4 in dotted decimal, IPv6 as in RFC 5952.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        bool mapped = High == 0 && (Low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;
        return new IPAddress(mapped ? bytes[12..] : bytes).ToString();
    }
}
