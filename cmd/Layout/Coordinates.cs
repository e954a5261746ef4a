namespace Depmap.Plugin.Layout;

/// <summary>
/// Places the vertices of each rank in their order, so that edges are as straight as possible and long edges and borders are straight
/// (Brandes and Köpf, 2001): aligned in four ways, and the mean of the two in the middle.
/// </summary>
internal static class Coordinates
{
    /// <returns>The middle of each vertex, from top to bottom.</returns>
    public static double[] Of(RankOrder order)
    {
        var conflicts = new Conflicts(order);
        double[][] ways =
        [
            One(order, conflicts, fromLeft: true, downwards: true),
            One(order, conflicts, fromLeft: true, downwards: false),
            One(order, conflicts, fromLeft: false, downwards: true),
            One(order, conflicts, fromLeft: false, downwards: false),
        ];
        if (order.Graph.Vertices.Count == 0)
            return [];

        // The others are moved to the upper or lower end of the one that needs the least height.
        double[] narrowest = ways.MinBy(way => way.Max() - way.Min())!;
        (double top, double bottom) = (narrowest.Min(), narrowest.Max());
        double[] shifts = [.. ways.Select((way, i) => i % 2 == 0 ? top - way.Min() : bottom - way.Max())];
        var result = new double[order.Graph.Vertices.Count];
        Span<double> values = stackalloc double[4];
        for (int vertex = 0; vertex < result.Length; vertex++)
        {
            for (int i = 0; i < 4; i++)
                values[i] = ways[i][vertex] + shifts[i];
            values.Sort();
            result[vertex] = (values[1] + values[2]) / 2;
        }

        return result;
    }

    // One of the four ways. Upwards is downwards in the mirror.
    private static double[] One(RankOrder order, Conflicts conflicts, bool fromLeft, bool downwards)
    {
        int[][] layers = [.. order.Layers.Select(layer => downwards ? layer : [.. layer.Reverse()])];
        if (!fromLeft)
            Array.Reverse(layers);
        var place = new int[order.Graph.Vertices.Count];
        foreach (int[] layer in layers)
        {
            for (int i = 0; i < layer.Length; i++)
                place[layer[i]] = i;
        }

        int[] root = Aligned(order.Graph, conflicts, layers, place, fromLeft);
        double[] result = BlockCompaction.Place(order.Graph, layers, root, downwards);
        return downwards ? result : [.. result.Select(value => -value)];
    }

    /// <summary>Joins vertices to blocks, each of which gets one straight line.</summary>
    /// <returns>For each vertex, the first of its block.</returns>
    private static int[] Aligned(LayeredGraph graph, Conflicts conflicts, int[][] layers, int[] place, bool fromLeft)
    {
        int[] root = [.. Enumerable.Range(0, place.Length)];
        var neighbours = new List<int>();
        foreach (int[] layer in layers)
        {
            int used = -1;
            foreach (int vertex in layer)
            {
                neighbours.Clear();
                neighbours.AddRange(fromLeft ? graph.Left(vertex) : graph.Right(vertex));
                neighbours.Sort((one, other) => place[one].CompareTo(place[other]));
                int count = neighbours.Count;
                for (int middle = (count - 1) / 2; count > 0 && middle <= count / 2; middle++)
                {
                    int neighbour = neighbours[middle];
                    bool isFree = fromLeft ? !conflicts.Contains(neighbour, vertex) : !conflicts.Contains(vertex, neighbour);
                    if (!isFree || place[neighbour] <= used)
                        continue;
                    root[vertex] = root[neighbour];
                    used = place[neighbour];
                    break;
                }
            }
        }

        return root;
    }
}
