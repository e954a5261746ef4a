using Depmap.Relay.Map;

namespace Depmap.Relay.History;

/// <summary>What one edge counted in one period or in several.</summary>
internal sealed class EdgeSum
{
    public EdgeCounts Counts { get; } = new();

    /// <summary>When the first period with new flows began, Unix nanoseconds; <see cref="long.MaxValue"/> if there is none.</summary>
    public long FirstSeen { get; set; } = long.MaxValue;

    /// <summary>The last packet, Unix nanoseconds.</summary>
    public long LastSeen { get; set; }
}
