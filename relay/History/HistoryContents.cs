using Depmap.Relay.Policies;

namespace Depmap.Relay.History;

/// <summary>What a store has, apart from periods.</summary>
/// <param name="Details">In the order of their numbers.</param>
/// <param name="LastEdge">The last number that was ever used for an edge.</param>
/// <param name="Traffic">What policies see.</param>
internal sealed record HistoryContents(
    IReadOnlyList<KnownEdge> Edges,
    IReadOnlyList<string> Details,
    long LastEdge,
    HistoryState State,
    IReadOnlyList<TrafficEntry> Traffic);
