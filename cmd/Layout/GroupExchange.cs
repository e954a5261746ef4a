namespace Depmap.Plugin.Layout;

/// <summary>Exchanges neighbouring groups in all their ranks, as long as that saves crossings.</summary>
internal sealed class GroupExchange(RankOrder order)
{
    private readonly CrossingCount _count = new();

    /// <returns>Whether anything changed.</returns>
    public bool Run(int maxRounds)
    {
        bool changed = false;
        bool improved = true;
        for (int round = 0; improved && round < maxRounds; round++)
        {
            improved = false;
            for (int i = 0; i + 1 < order.Groups.Length; i++)
                improved |= Exchange(i);
            changed |= improved;
        }

        return changed;
    }

    private bool Exchange(int i)
    {
        (int above, int below) = (order.Groups[i], order.Groups[i + 1]);
        int[] shared = [.. Enumerable.Range(0, order.Layers.Length).Where(rank => order.Spans(above, rank) && order.Spans(below, rank))];
        if (shared.Length == 0)
            return false;

        (int Start, int End)[] slices = [.. shared.Select(rank => (order.Place[order.Top(above, rank)], Last(below, rank)))];
        long before = Crossings(shared, slices);
        int[][] old = [.. shared.Select(rank => order.Layers[rank])];
        foreach (int rank in shared)
            Exchange(rank, above, below);
        if (Crossings(shared, slices) < before)
        {
            (order.Groups[i], order.Groups[i + 1]) = (below, above);
            return true;
        }

        for (int k = 0; k < shared.Length; k++)
        {
            order.Layers[shared[k]] = old[k];
            order.Number(shared[k]);
        }

        return false;
    }

    private int Last(int group, int rank) => order.Place[order.Bottom(group, rank)];

    // Of the edges with an end between the borders of the two groups: the others keep their crossings.
    private long Crossings(int[] ranks, (int Start, int End)[] slices)
    {
        LayeredGraph graph = order.Graph;
        long sum = 0;
        for (int rank = ranks[0]; rank <= ranks[^1] + 1 && rank < order.Layers.Length; rank++)
        {
            if (rank == 0)
                continue;
            (int Start, int End) left = Slice(rank - 1);
            (int Start, int End) right = Slice(rank);
            for (int i = left.Start; i <= left.End; i++)
            {
                int vertex = order.Layers[rank - 1][i];
                foreach (int end in graph.Right(vertex))
                    _count.Add(i, order.Place[end], graph.Weight(vertex));
            }

            for (int i = right.Start; i <= right.End; i++)
            {
                int vertex = order.Layers[rank][i];
                foreach (int end in graph.Left(vertex))
                {
                    if (order.Place[end] < left.Start || order.Place[end] > left.End)
                        _count.Add(order.Place[end], i, graph.Weight(vertex));
                }
            }

            sum += _count.Take(order.Layers[rank].Length);
        }

        return sum;

        (int Start, int End) Slice(int rank) => rank >= ranks[0] && rank <= ranks[^1] ? slices[rank - ranks[0]] : (0, -1);
    }

    private void Exchange(int rank, int above, int below)
    {
        int[] layer = order.Layers[rank];
        int top = order.Place[order.Top(above, rank)];
        int bottom = Last(above, rank) + 1;
        int nextTop = order.Place[order.Top(below, rank)];
        int nextBottom = Last(below, rank) + 1;
        order.Layers[rank] =
        [
            .. layer[..top], .. layer[nextTop..nextBottom], .. layer[bottom..nextTop], .. layer[top..bottom], .. layer[nextBottom..],
        ];
        order.Number(rank);
    }
}
