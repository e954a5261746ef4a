namespace Depmap.Relay.Map;

/// <summary>What an edge counted between two nodes since its growth was last taken.</summary>
/// <param name="FirstSeen">Of the edge, Unix nanoseconds.</param>
/// <param name="LastSeen">The last packet of the edge, Unix nanoseconds.</param>
/// <param name="ServerWorkload">The one workload behind a service; null if it is not known, empty if there are several.</param>
internal readonly record struct EdgeGrowth(
    EdgeKey Key, NodePair Nodes, EdgeCounts Counts, long FirstSeen, long LastSeen, string? ServerWorkload);
