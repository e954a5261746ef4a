namespace Depmap.Plugin.Layout;

/// <summary>Sorts one rank by the places of its vertices' neighbours in the rank beside it.</summary>
internal sealed class RankSorter(RankOrder order)
{
    private readonly double[] _key = new double[order.Graph.Vertices.Count];
    private readonly List<int> _places = [];

    /// <param name="byLeft">Whether the rank on the left is the one that stays; else the one on the right.</param>
    /// <param name="byMedian">By the median of the neighbours; else by their mean.</param>
    public void Sort(int rank, bool byLeft, bool byMedian)
    {
        int[] layer = order.Layers[rank];
        // A vertex without neighbours stays behind the one above it.
        double previous = 0;
        foreach (int vertex in layer)
        {
            IReadOnlyList<int> neighbours = byLeft ? order.Graph.Left(vertex) : order.Graph.Right(vertex);
            _key[vertex] = previous = neighbours.Count == 0 ? previous : byMedian ? Median(neighbours) : Mean(neighbours);
        }

        var free = new List<int>();
        var blocks = new List<(int Start, int End, double Key)>();
        for (int i = 0; i < layer.Length; i++)
        {
            int group = order.Graph.Vertices[layer[i]].Group;
            if (group < 0)
            {
                free.Add(layer[i]);
                continue;
            }

            int end = order.Place[order.Bottom(group, rank)];
            Sort(layer.AsSpan(i + 1, end - i - 1));
            blocks.Add((i, end, Key(layer.AsSpan(i, end - i + 1))));
            i = end;
        }

        Span<int> loose = [.. free];
        Sort(loose);
        order.Layers[rank] = blocks.Count == 0 ? loose.ToArray() : Merged(layer, loose, blocks);
        order.Number(rank);
    }

    private double Key(ReadOnlySpan<int> block)
    {
        double sum = 0;
        foreach (int vertex in block)
            sum += _key[vertex];
        return sum / block.Length;
    }

    // Each loose vertex goes between the blocks where most of their vertices are on the right side of it.
    private int[] Merged(int[] layer, ReadOnlySpan<int> loose, List<(int Start, int End, double Key)> blocks)
    {
        var result = new List<int>(layer.Length);
        var slots = new List<int>[blocks.Count + 1];
        foreach (int vertex in loose)
        {
            int cost = blocks.Sum(block => block.Key < _key[vertex] ? block.End - block.Start : 0);
            (int best, int slot) = (cost, 0);
            for (int i = 0; i < blocks.Count; i++)
            {
                int size = blocks[i].End - blocks[i].Start;
                cost += blocks[i].Key < _key[vertex] ? -size : blocks[i].Key > _key[vertex] ? size : 0;
                if (cost < best)
                    (best, slot) = (cost, i + 1);
            }

            (slots[slot] ??= []).Add(vertex);
        }

        for (int i = 0; i <= blocks.Count; i++)
        {
            result.AddRange(slots[i] ?? []);
            if (i < blocks.Count)
                result.AddRange(layer.AsSpan(blocks[i].Start, blocks[i].End - blocks[i].Start + 1));
        }

        return [.. result];
    }

    private void Sort(Span<int> vertices) => vertices.Sort((one, other) =>
    {
        int byKey = _key[one].CompareTo(_key[other]);
        return byKey != 0 ? byKey : order.Place[one].CompareTo(order.Place[other]);
    });

    private double Mean(IReadOnlyList<int> neighbours)
    {
        double sum = 0;
        foreach (int neighbour in neighbours)
            sum += order.Place[neighbour];
        return sum / neighbours.Count;
    }

    // Of an even number, the median that is closer to the denser side (Gansner et al., "A technique for drawing directed graphs", 1993).
    private double Median(IReadOnlyList<int> neighbours)
    {
        _places.Clear();
        foreach (int neighbour in neighbours)
            _places.Add(order.Place[neighbour]);
        _places.Sort();
        int middle = _places.Count / 2;
        if (_places.Count % 2 == 1)
            return _places[middle];
        if (_places.Count == 2)
            return (_places[0] + _places[1]) / 2.0;
        double above = _places[middle - 1] - _places[0];
        double below = _places[^1] - _places[middle];
        return above + below == 0
            ? (_places[middle - 1] + _places[middle]) / 2.0
            : ((_places[middle - 1] * below) + (_places[middle] * above)) / (above + below);
    }
}
