using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>The start of each type in BTF (linux/btf.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BtfType
{
    public uint NameOffset;
    public uint Info;
    public uint Size;

    /// <summary>How many members or enumerators follow.</summary>
    public readonly int Members => (int)(Info & 0xffff);

    /// <summary>Whether the members' offsets share their field with the size of a bit field (kind_flag).</summary>
    public readonly bool HasBitFields => Info >> 31 != 0;
}
