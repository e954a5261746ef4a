using Depmap.Relay.Policies;

namespace Depmap.Relay.History;

/// <summary>What to save in one transaction.</summary>
internal sealed class HistoryChange
{
    public required HistoryState State { get; init; }
    public IEnumerable<KnownEdge> Edges { get; init; } = [];
    public IEnumerable<long> RemovedEdges { get; init; } = [];
    public IEnumerable<(long Number, string Name)> Details { get; init; } = [];

    /// <summary>Periods that replace those with the same start, in minutes or hours since 1970.</summary>
    public List<(PeriodLength Length, long Start, byte[] Growth)> Periods { get; } = [];

    public IEnumerable<TrafficEntry> Traffic { get; init; } = [];

    /// <summary>Traffic that was last seen before this is removed, in Unix nanoseconds.</summary>
    public long RemoveTrafficBefore { get; init; }

    /// <summary>Minutes before this are removed, in minutes since 1970.</summary>
    public long RemoveMinutesBefore { get; init; }

    /// <summary>Hours before this are removed, in hours since 1970.</summary>
    public long RemoveHoursBefore { get; init; }
}
