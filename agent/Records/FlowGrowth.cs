namespace Depmap.Agent.Records;

/// <summary>What a slot has counted since it was last read.</summary>
/// <param name="Last">Time of the last packet, CLOCK_MONOTONIC in ns.</param>
internal readonly record struct FlowGrowth(
    FlowKey Key,
    TransportProtocol Protocol,
    FlowFlags FlagsFromPod,
    FlowFlags FlagsToPod,
    long Last,
    ulong BytesFromPod,
    ulong BytesToPod,
    uint PacketsFromPod,
    uint PacketsToPod);
