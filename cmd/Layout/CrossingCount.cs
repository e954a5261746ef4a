namespace Depmap.Plugin.Layout;

/// <summary>Counts crossings (Barth, Jünger and Mutzel, "Simple and efficient bilayer cross counting", 2002).</summary>
internal sealed class CrossingCount
{
    private readonly List<(int Left, int Right, int Weight)> _edges = [];
    private long[] _sums = [];

    /// <summary>Adds an edge between two neighbouring ranks, by the places of its ends.</summary>
    public void Add(int left, int right, int weight) => _edges.Add((left, right, weight));

    /// <summary>The crossings of the edges that were added, by the weights of both, and forgets them.</summary>
    /// <param name="count">The number of vertices of the right rank.</param>
    public long Take(int count)
    {
        if (_sums.Length <= count)
            _sums = new long[count + 1];
        else
            Array.Clear(_sums, 0, count + 1);
        _edges.Sort();
        long total = 0;
        long crossings = 0;
        int counted = 0;
        for (int i = 0; i < _edges.Count; i++)
        {
            // Edges of one vertex do not cross each other.
            if (i > 0 && _edges[i].Left != _edges[i - 1].Left)
            {
                for (; counted < i; counted++)
                {
                    total += _edges[counted].Weight;
                    for (int k = _edges[counted].Right + 1; k <= count; k += k & -k)
                        _sums[k] += _edges[counted].Weight;
                }
            }

            long notBelow = 0;
            for (int k = _edges[i].Right + 1; k > 0; k -= k & -k)
                notBelow += _sums[k];
            crossings += _edges[i].Weight * (total - notBelow);
        }

        _edges.Clear();
        return crossings;
    }
}
