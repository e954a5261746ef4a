using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>struct ifinfomsg</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LinkHeader(byte Family, byte Padding, ushort Type, int Index, uint Flags, uint Change);
