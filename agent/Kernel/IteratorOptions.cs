using System.Runtime.InteropServices;

namespace Depmap.Agent.Kernel;

/// <summary>struct bpf_iter_attach_opts, for iterating over a map.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IteratorOptions
{
    public nuint Size;
    public int* Map; // union bpf_iter_link_info: the map's descriptor
    public uint MapSize;
}
