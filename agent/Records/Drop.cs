using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A SYN, a SYN-ACK or a UDP packet that the kernel threw away, or a later TCP packet that a policy did.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Drop
{
    public RecordKind Kind;
    public uint Reason;

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public long Time;

    /// <summary>Where in the kernel it was, if its reason is not known; else 0.</summary>
    public ulong Place;
    public Address Source;
    public Address Destination;
    public Port SourcePort;
    public Port DestinationPort;
    public uint TcpSequence;

    /// <summary>The host-side interface of the pod in whose network namespace it was; 0: in the node's.</summary>
    public int Interface;
    public uint TcpAcknowledgement;

    /// <summary>The packet before translation, by its conntrack entry; the ports are 0 if it has none.</summary>
    public Address OriginalSource;
    public Address OriginalDestination;
    public Port OriginalSourcePort;
    public Port OriginalDestinationPort;
    public TransportProtocol Protocol;
    public FlowFlags Flags;
    private readonly ushort _padding;
}
