using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A packet that changes what is known of a flow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Moment
{
    public RecordKind Kind;
    public TransportProtocol Protocol;
    public Direction Direction;
    public FlowFlags Flags;

    /// <summary>Not 0: an ICMP destination unreachable about a packet of this flow; its code plus 1.</summary>
    public byte Icmp;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;
    public FlowKey Key;
    public uint TcpSequence;
    public uint TcpAcknowledgement;
}
