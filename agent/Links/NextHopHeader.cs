using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct rtnexthop; its length counts itself and the attributes behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NextHopHeader(ushort Length, byte Flags, byte Hops, int Index);
