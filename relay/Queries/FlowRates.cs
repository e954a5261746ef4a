namespace Depmap.Relay.Queries;

/// <summary>The recent rate of flows for each node.</summary>
internal sealed class FlowRates
{
    /// <summary>Number of complete seconds that the rate is the mean of.</summary>
    private const int WindowSeconds = 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, NodeCounts> _nodes = new(StringComparer.Ordinal);

    /// <param name="now">Unix nanoseconds.</param>
    public void Add(string node, long now)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(node, out NodeCounts? counts))
                _nodes[node] = counts = new NodeCounts();
            counts.At(now / UnixTime.Second)++;
        }
    }

    /// <param name="now">Unix nanoseconds.</param>
    public double PerSecond(string node, long now)
    {
        lock (_lock)
            return _nodes.TryGetValue(node, out NodeCounts? counts) ? counts.Sum(now / UnixTime.Second) / (double)WindowSeconds : 0;
    }

    /// <summary>A count for each of the last seconds, including the current one.</summary>
    private sealed class NodeCounts
    {
        private readonly long[] _seconds = new long[WindowSeconds + 1];
        private readonly long[] _counts = new long[WindowSeconds + 1];

        public ref long At(long second)
        {
            int i = (int)(second % _seconds.Length);
            if (_seconds[i] != second)
                (_seconds[i], _counts[i]) = (second, 0);
            return ref _counts[i];
        }

        public long Sum(long now)
        {
            long sum = 0;
            for (int i = 0; i < _seconds.Length; i++)
                sum += _seconds[i] < now && _seconds[i] >= now - WindowSeconds ? _counts[i] : 0;
            return sum;
        }
    }
}
