using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct rtmsg</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RouteHeader(
    byte Family, byte DestinationLength, byte SourceLength, byte Tos, byte Table, byte Protocol, byte Scope, byte Type, uint Flags);
