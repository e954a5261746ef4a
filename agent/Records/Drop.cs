using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>A dropped SYN, SYN-ACK or UDP packet, or a later TCP packet that a policy dropped: struct drop.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Drop
{
    public RecordKind Kind;
    public uint Reason;

    /// <summary>CLOCK_MONOTONIC, in ns.</summary>
    public long Time;

    /// <summary>The address in the kernel's code where the packet was dropped, if its reason is unknown; else 0.</summary>
    public ulong Place;
    public Address Source;
    public Address Destination;
    public Port SourcePort;
    public Port DestinationPort;
    public uint TcpSequence;

    /// <summary>The host-side interface of the pod in whose network namespace the packet was dropped; 0 for the node's namespace.</summary>
    public int Interface;
    public uint TcpAcknowledgement;

    /// <summary>The packet before translation, from its conntrack entry; the ports are 0 if it has none.</summary>
    public Address OriginalSource;
    public Address OriginalDestination;
    public Port OriginalSourcePort;
    public Port OriginalDestinationPort;
    public TransportProtocol Protocol;
    public FlowFlags Flags;

    /// <summary>It was routed, and about to leave by another interface than it came, so it was past forwarding.</summary>
    [MarshalAs(UnmanagedType.U1)]
    public bool Leaving;
    private readonly byte _padding;
}
