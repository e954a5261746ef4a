using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>The header of each type in BTF: struct btf_type.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BtfType
{
    public uint NameOffset;
    public uint Info;
    public uint Size;

    /// <summary>Number of members or enum values that follow.</summary>
    public readonly int Members => (int)(Info & 0xffff);

    /// <summary>Whether members' offsets include the size of a bit field (kind_flag).</summary>
    public readonly bool HasBitFields => Info >> 31 != 0;
}
