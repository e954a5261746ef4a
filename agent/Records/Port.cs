using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A port in network order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Port(ushort Raw)
{
    public ushort Number => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(Raw) : Raw;

    public static Port From(int number) =>
        new(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((ushort)number) : (ushort)number);
}
