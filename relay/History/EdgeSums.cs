using System.Runtime.InteropServices;
using Depmap.Relay.Map;

namespace Depmap.Relay.History;

/// <summary>What edges counted in a period, by the numbers in the <see cref="EdgeTable"/>.</summary>
internal sealed class EdgeSums
{
    private readonly Dictionary<long, EdgeSum> _sums = [];

    public IReadOnlyDictionary<long, EdgeSum> All => _sums;

    public EdgeSum this[long edge]
    {
        get
        {
            ref EdgeSum? sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, edge, out _);
            return sum ??= new EdgeSum();
        }
    }

    /// <param name="from">When the period began, Unix nanoseconds.</param>
    public void Add(long edge, EdgeCounts counts, long from, long lastSeen)
    {
        EdgeSum sum = this[edge];
        sum.Counts.Add(counts);
        if (counts.Forwarded + counts.Dropped > 0)
            sum.FirstSeen = Math.Min(sum.FirstSeen, from);
        sum.LastSeen = Math.Max(sum.LastSeen, lastSeen);
    }

    public void Add(EdgeSums other)
    {
        foreach ((long edge, EdgeSum sum) in other.All)
            Add(edge, sum.Counts, sum.FirstSeen, sum.LastSeen);
    }

    public void Clear() => _sums.Clear();
}
