using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A port in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Port(ushort Raw)
{
    private const int MaxSystem = 1023; // RFC 6335 6

    /// <summary>Whether it is a system port: servers have these, clients do not.</summary>
    public bool IsSystem => Number <= MaxSystem;

    public ushort Number => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Raw) : Raw;

    public static Port From(int number) =>
        new(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)number) : (ushort)number);
}
