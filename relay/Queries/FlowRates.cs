namespace Depmap.Relay.Queries;

/// <summary>How many flows each node's agent told of lately.</summary>
internal sealed class FlowRates
{
    /// <summary>The mean of so many seconds that are over.</summary>
    private const int Seconds = 10;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);

    /// <param name="now">Unix nanoseconds.</param>
    public void Add(string node, long now)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out Node? counts))
                _nodes[node] = counts = new Node();
            counts.At(now / UnixTime.Second)++;
        }
    }

    /// <param name="now">Unix nanoseconds.</param>
    public double PerSecond(string node, long now)
    {
        lock (_gate)
            return _nodes.TryGetValue(node, out Node? counts) ? counts.Sum(now / UnixTime.Second) / (double)Seconds : 0;
    }

    /// <summary>A count for each of the last seconds, the one that runs included.</summary>
    private sealed class Node
    {
        private readonly long[] _seconds = new long[Seconds + 1];
        private readonly long[] _counts = new long[Seconds + 1];

        public ref long At(long second)
        {
            int place = (int)(second % _seconds.Length);
            if (_seconds[place] != second)
                (_seconds[place], _counts[place]) = (second, 0);
            return ref _counts[place];
        }

        public long Sum(long now)
        {
            long sum = 0;
            for (int i = 0; i < _seconds.Length; i++)
                sum += _seconds[i] < now && _seconds[i] >= now - Seconds ? _counts[i] : 0;
            return sum;
        }
    }
}
