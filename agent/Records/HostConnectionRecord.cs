using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A TCP connection that a program in the node's network namespace opened, and got an answer for.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HostConnectionRecord
{
    public RecordKind Kind;
    public Port ClientPort;
    public Port ServerPort;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;

    /// <summary>These two, and the ports, before translation.</summary>
    public Address Client;
    public Address Server;

    /// <summary>Of the socket, version 2: its number, which a node never gives twice.</summary>
    public ulong Cgroup;

    /// <summary>The cgroup's name, and those of the cgroups around it, nearest first: 96 bytes each, ended by a 0.</summary>
    public CgroupNames Names;

    [InlineArray(Levels * NameBytes)]
    internal struct CgroupNames
    {
        public const int Levels = 4, NameBytes = 96;
        private byte _first;
    }
}
