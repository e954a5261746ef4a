using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct ifaddrmsg</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AddressHeader(byte Family, byte PrefixLength, byte Flags, byte Scope, int Index);
