namespace Depmap.Relay.Flows;

/// <summary>How a flow ended.</summary>
/// <param name="Time">The time of its last packet, Unix nanoseconds.</param>
/// <param name="Duration">In nanoseconds; null if its opening was not observed.</param>
/// <param name="AfterFlow">The sequence of the last flow that was published before this end.</param>
internal sealed record FlowClose(long Time, long? Duration, ulong PacketsToServer, ulong PacketsToClient, ulong AfterFlow);
