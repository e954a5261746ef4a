using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Connections;

/// <summary>A packet as seen by bpf/flow.h on one CPU.</summary>
/// <param name="Ms">Time of the packet.</param>
/// <param name="MomentLost">If the packet is a moment, the ring buffer has no room for it.</param>
internal readonly record struct TracedPacket(
    double Ms,
    int Cpu,
    FlowKey Key,
    TransportProtocol Protocol,
    Direction Direction,
    FlowFlags Flags,
    uint Bytes,
    uint Sequence = 0,
    uint Acknowledgement = 0,
    bool MomentLost = false);
