using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>
/// A TCP connection opened by a program in the node's network namespace, once it was accepted or refused: struct host_connection.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostConnectionRecord
{
    public RecordKind Kind;
    public Port ClientPort;
    public Port ServerPort;

    /// <summary>CLOCK_MONOTONIC, in ns.</summary>
    public long Time;

    /// <summary>The addresses and ports are those before translation.</summary>
    public Address Client;
    public Address Server;

    /// <summary>ID of the socket's cgroup v2; a node never reuses one.</summary>
    public ulong Cgroup;

    /// <summary>The names of the cgroup and its ancestors, innermost first: 96 bytes each, null-terminated.</summary>
    public CgroupNames Names;

    [InlineArray(Levels * NameBytes)]
    internal struct CgroupNames
    {
        public const int Levels = 4, NameBytes = 96;
        private byte _first;
    }
}
