using Depmap.Agent.Records;

namespace Depmap.Agent.Tests.Connections;

/// <summary>A packet as bpf/flow.h sees it, by one CPU.</summary>
/// <param name="Ms">When.</param>
/// <param name="MomentLost">The ring has no room for its moment, if it is one.</param>
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
