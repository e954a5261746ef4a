using Depmap.Relay.Map;

namespace Depmap.Relay.History;

/// <summary>Numbers the edges of the history, each pair of nodes by itself. Numbers are not used again. Bounded.</summary>
/// <param name="capacity">
/// Beyond it, edges that were unused for the longest time are removed, those with an address outside the cluster first.
/// </param>
internal sealed class EdgeTable(long capacity)
{
    // Some are removed at once, so that searching for them is rare.
    private const int RemovedAtOnce = 16;

    private readonly Dictionary<(EdgeKey Key, NodePair Nodes), KnownEdge> _byKey = [];
    private readonly Dictionary<long, KnownEdge> _byNumber = [];
    private readonly List<long> _removed = [];
    private long _last;

    /// <summary>Starts with what was saved.</summary>
    /// <param name="last">The last number ever used.</param>
    public EdgeTable(long capacity, IEnumerable<KnownEdge> saved, long last)
        : this(capacity)
    {
        foreach (KnownEdge edge in saved)
        {
            _byKey[(edge.Key, edge.Nodes)] = edge;
            _byNumber[edge.Number] = edge;
            last = Math.Max(last, edge.Number);
        }

        _last = last;
    }

    public int Count => _byKey.Count;

    public IEnumerable<KnownEdge> Changed => _byNumber.Values.Where(edge => edge.IsChanged);

    /// <summary>Saved edges that were removed since <see cref="SetSaved"/>.</summary>
    public IReadOnlyCollection<long> Removed => _removed;

    /// <summary>Null if it was removed.</summary>
    public KnownEdge? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <param name="hour">The hour in which it grew, in hours since 1970.</param>
    public KnownEdge FindOrAdd(in EdgeGrowth growth, long hour)
    {
        if (!_byKey.TryGetValue((growth.Key, growth.Nodes), out KnownEdge? edge))
        {
            if (_byKey.Count >= capacity)
                RemoveUnused();
            edge = new KnownEdge(++_last, growth.Key, growth.Nodes, growth.FirstSeen) { IsChanged = true };
            _byKey.Add((edge.Key, edge.Nodes), edge);
            _byNumber.Add(edge.Number, edge);
        }

        string? workload = edge.ServerWorkload is { } known && growth.ServerWorkload is { } other && known != other
            ? "" : growth.ServerWorkload ?? edge.ServerWorkload;
        edge.IsChanged |= hour > edge.LastHour || workload != edge.ServerWorkload || growth.FirstSeen < edge.FirstSeen;
        edge.LastHour = Math.Max(edge.LastHour, hour);
        edge.FirstSeen = Math.Min(edge.FirstSeen, growth.FirstSeen);
        edge.ServerWorkload = workload;
        return edge;
    }

    /// <summary>Removes edges that did not grow since an hour.</summary>
    public void RemoveBefore(long hour)
    {
        foreach (KnownEdge edge in _byNumber.Values.Where(edge => edge.LastHour < hour).ToList())
            Remove(edge);
    }

    public void SetSaved()
    {
        foreach (KnownEdge edge in Changed)
            (edge.IsChanged, edge.IsSaved) = (false, true);
        _removed.Clear();
    }

    private void RemoveUnused()
    {
        List<KnownEdge> unused =
        [
            .. _byNumber.Values.OrderByDescending(edge => edge.Key.IsOutside).ThenBy(edge => edge.LastHour)
                .Take((int)Math.Max(1, capacity / RemovedAtOnce)),
        ];
        unused.ForEach(Remove);
    }

    private void Remove(KnownEdge edge)
    {
        _byKey.Remove((edge.Key, edge.Nodes));
        _byNumber.Remove(edge.Number);
        if (edge.IsSaved)
            _removed.Add(edge.Number);
    }
}
