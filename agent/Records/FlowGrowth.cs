namespace Depmap.Agent.Records;

/// <summary>What a slot counted since it was last looked at.</summary>
/// <param name="Last">CLOCK_MONOTONIC, ns, of the last packet.</param>
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
