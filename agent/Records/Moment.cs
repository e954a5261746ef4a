using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A packet that changes the state of its flow: struct moment.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Moment
{
    public RecordKind Kind;
    public TransportProtocol Protocol;
    public Direction Direction;
    public FlowFlags Flags;

    /// <summary>If not 0: an ICMP destination unreachable about a packet of this flow; its code plus 1.</summary>
    public byte Icmp;

    /// <summary>CLOCK_MONOTONIC, in ns.</summary>
    public long Time;
    public FlowKey Key;
    public uint TcpSequence;
    public uint TcpAcknowledgement;
}
