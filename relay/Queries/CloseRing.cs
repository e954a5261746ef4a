namespace Depmap.Relay.Queries;

/// <summary>The last ends of flows. They have a ring and sequences of their own, so that they displace no flow.</summary>
internal sealed class CloseRing(int capacity) : FlowRing(capacity);
