using Depmap.Relay.Map;

namespace Depmap.Relay.History;

/// <summary>An edge between two nodes with its number, by which periods refer to it.</summary>
internal sealed class KnownEdge(long number, in EdgeKey key, in NodePair nodes, long firstSeen)
{
    public long Number { get; } = number;

    public EdgeKey Key { get; } = key;

    public NodePair Nodes { get; } = nodes;

    /// <summary>Unix nanoseconds.</summary>
    public long FirstSeen { get; set; } = firstSeen;

    /// <summary>The last hour in which it grew, in hours since 1970.</summary>
    public long LastHour { get; set; }

    /// <summary>The one workload behind a service; null if it is not known, empty if there are several.</summary>
    public string? ServerWorkload { get; set; }

    /// <summary>Whether it differs from what is saved.</summary>
    public bool IsChanged { get; set; }

    /// <summary>Whether it was saved before.</summary>
    public bool IsSaved { get; set; }
}
