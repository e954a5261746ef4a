using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct rtnexthop; the length includes the header and its attributes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NextHopHeader(ushort Length, byte Flags, byte Hops, int Index);
