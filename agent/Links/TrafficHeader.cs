using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct tcmsg</summary>
/// <param name="Info">For a filter: priority in the upper half, EtherType in network order in the lower half.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TrafficHeader(uint Family, int Index, uint Handle, uint Parent, uint Info);
