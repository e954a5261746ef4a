using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Depmap.Agent.Records;

/// <summary>An IPv6 address in network order; IPv4 addresses are mapped (RFC 4291 2.5.5.2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Address(ulong First, ulong Second)
{
    /// <summary>Writes 4 bytes for a mapped IPv4 address and 16 for any other, in network order.</summary>
    /// <returns>The number of bytes.</returns>
    public int CopyTo(Span<byte> bytes)
    {
        MemoryMarshal.Write(bytes, First);
        MemoryMarshal.Write(bytes[8..], Second);
        if (First != 0 || BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) != 0xffff)
            return 16;
        bytes[12..16].CopyTo(bytes);
        return 4;
    }

    public ByteString ToByteString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return ByteString.CopyFrom(bytes[..CopyTo(bytes)]);
    }

    /// <summary>Reads 4 or 16 bytes in network order.</summary>
    public static Address Read(ReadOnlySpan<byte> bytes)
    {
        Span<byte> mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0];
        bytes.CopyTo(mapped[(16 - bytes.Length)..]);
        return new(MemoryMarshal.Read<ulong>(mapped), MemoryMarshal.Read<ulong>(mapped[8..]));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..CopyTo(bytes)]).ToString();
    }

    public static Address From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return new(MemoryMarshal.Read<ulong>(bytes), MemoryMarshal.Read<ulong>(bytes[8..]));
    }
}
