namespace Depmap.Plugin.Layout;

/// <summary>
/// Finds an order with few crossings: sweeps that sort each rank by the one before, then exchanges of neighbours; the best of several
/// starts (Sugiyama, Tagawa and Toda, 1981; Gansner et al., 1993).
/// </summary>
internal static class CrossingReduction
{
    /// <summary>Sweeps without a better result after which a start is given up.</summary>
    private const int Patience = 6;

    public static RankOrder Of(LayeredGraph graph)
    {
        // Small graphs get more of the time, large ones must not take long.
        (int starts, int sweeps, int rounds) = graph.Vertices.Count switch
        {
            < 600 => (6, 24, 12),
            < 3_000 => (3, 16, 6),
            < 12_000 => (2, 10, 3),
            _ => (1, 4, 1),
        };
        RankOrder? best = null;
        long least = long.MaxValue;
        for (int start = 0; start < starts && least > 0; start++)
        {
            int[] first = Traversal(graph, start);
            var order = new RankOrder(graph, first, GroupsAsIn(graph, first));
            (order, long crossings) = Swept(order, sweeps, rounds, byMedian: start % 2 == 0);
            if (crossings < least)
                (best, least) = (order, crossings);
        }

        return best!;
    }

    private static (RankOrder Order, long Crossings) Swept(RankOrder order, int sweeps, int rounds, bool byMedian)
    {
        RankOrder best = order.Copy();
        long least = order.Crossings();
        int waited = 0;
        for (int sweep = 0; sweep < sweeps && waited < Patience && least > 0; sweep++, waited++)
        {
            var sorter = new RankSorter(order);
            bool toRight = sweep % 2 == 0;
            for (int i = 1; i < order.Layers.Length; i++)
                sorter.Sort(toRight ? i : order.Layers.Length - 1 - i, byLeft: toRight, byMedian ^ (sweep % 4 > 1));
            new Transposition(order).Run(rounds);
            if (order.Groups.Length > 1 && sweep % 3 == 2)
                Regroup(order, rounds);
            long crossings = order.Crossings();
            if (crossings < least)
            {
                best = order.Copy();
                least = crossings;
                waited = -1;
            }
        }

        for (int round = 0; round < rounds && best.Groups.Length > 1 && new GroupExchange(best).Run(rounds); round++)
            new Transposition(best).Run(rounds);
        return (best, best.Crossings());
    }

    // Groups move towards the places of what they are connected with, then exchange places.
    private static void Regroup(RankOrder order, int rounds)
    {
        LayeredGraph graph = order.Graph;
        var sum = new double[graph.GroupCount];
        var count = new int[graph.GroupCount];
        for (int vertex = 0; vertex < graph.Vertices.Count; vertex++)
        {
            int group = graph.Vertices[vertex].Group;
            if (group < 0)
                continue;
            foreach (int end in graph.Left(vertex).Concat(graph.Right(vertex)))
            {
                sum[group] += (order.Place[end] + 0.5) / order.Layers[graph.Vertices[end].Rank].Length;
                count[group]++;
            }
        }

        int[] old = [.. order.Groups];
        int[] sorted = [.. order.Groups.OrderBy(group => count[group] > 0 ? sum[group] / count[group] : 0.5)];
        if (!sorted.SequenceEqual(old))
        {
            long before = order.Crossings();
            RankOrder changed = order.Copy();
            sorted.CopyTo(changed.Groups, 0);
            changed.Regroup();
            new Transposition(changed).Run(rounds);
            if (changed.Crossings() <= before)
            {
                sorted.CopyTo(order.Groups, 0);
                for (int rank = 0; rank < order.Layers.Length; rank++)
                {
                    order.Layers[rank] = changed.Layers[rank];
                    order.Number(rank);
                }
            }
        }

        new GroupExchange(order).Run(2);
    }

    // Depth first or breadth first, from the left or from the right, so that what is connected starts close together.
    private static int[] Traversal(LayeredGraph graph, int start)
    {
        bool fromRight = start % 4 >= 2;
        bool breadth = start % 2 == 1;
        int[] roots = [.. Enumerable.Range(0, graph.Vertices.Count).Where(vertex => !graph.Vertices[vertex].IsBorder)];
        roots =
        [
            .. fromRight
                ? roots.OrderByDescending(vertex => graph.Vertices[vertex].Rank)
                : roots.OrderBy(vertex => graph.Vertices[vertex].Rank),
        ];
        if (start >= 4)
            Array.Reverse(roots);
        var visited = new bool[graph.Vertices.Count];
        var result = new List<int>(roots.Length);
        var open = new LinkedList<int>();
        foreach (int root in roots)
        {
            open.AddFirst(root);
            while (open.First is { } next)
            {
                open.RemoveFirst();
                int vertex = next.Value;
                if (visited[vertex])
                    continue;
                visited[vertex] = true;
                result.Add(vertex);
                IEnumerable<int> neighbours = fromRight
                    ? graph.Left(vertex).Concat(graph.Right(vertex))
                    : graph.Right(vertex).Concat(graph.Left(vertex));
                foreach (int neighbour in breadth ? neighbours : neighbours.Reverse())
                {
                    if (visited[neighbour])
                        continue;
                    if (breadth)
                        open.AddLast(neighbour);
                    else
                        open.AddFirst(neighbour);
                }
            }
        }

        return [.. result];
    }

    private static int[] GroupsAsIn(LayeredGraph graph, int[] first) =>
        [.. first.Select(vertex => graph.Vertices[vertex].Group).Where(group => group >= 0).Distinct()];
}
