namespace Depmap.Plugin.Layout;

/// <summary>Places blocks of aligned vertices as close together as their order and distances allow.</summary>
internal static class BlockCompaction
{
    /// <param name="root">For each vertex, the first of its block.</param>
    /// <param name="downwards">False if the layers are mirrored: bottom borders then come before top borders.</param>
    public static double[] Place(LayeredGraph graph, int[][] layers, int[] root, bool downwards)
    {
        var next = new List<(int Block, double Distance)>?[root.Length];
        var waiting = new int[root.Length];
        double lines = BetweenLines(graph, layers);
        foreach (int[] layer in layers)
        {
            for (int i = 1; i < layer.Length; i++)
            {
                (Vertex above, Vertex below) = (graph.Vertices[layer[i - 1]], graph.Vertices[layer[i]]);
                double distance = downwards ? Distance(above, below, lines) : Distance(below, above, lines);
                (next[root[layer[i - 1]]] ??= []).Add((root[layer[i]], distance));
                waiting[root[layer[i]]]++;
            }
        }

        var place = new double[root.Length];
        int[] order = [.. Forwards(next, waiting, root, place)];
        VertexKind last = downwards ? VertexKind.Bottom : VertexKind.Top;
        foreach (int block in order.Reverse())
        {
            // Towards the blocks after it, except for the far border of a box: that would make the box larger.
            if (next[block] is { } following && graph.Vertices[block].Kind != last)
                place[block] = Math.Max(place[block], following.Min(other => place[other.Block] - other.Distance));
        }

        return [.. root.Select(block => place[block])];
    }

    private static double BetweenLines(LayeredGraph graph, int[][] layers)
    {
        int most = layers.Max(layer => layer.Count(vertex => graph.Vertices[vertex].Kind == VertexKind.Bend));
        return Spacing.BetweenLines * Math.Min(1, Spacing.MaxLines / Math.Max(1, most));
    }

    // As early as possible. Vertices keep their order, so the blocks have one.
    private static List<int> Forwards(List<(int Block, double Distance)>?[] next, int[] waiting, int[] root, double[] place)
    {
        var order = new List<int>();
        for (int vertex = 0; vertex < root.Length; vertex++)
        {
            if (root[vertex] == vertex && waiting[vertex] == 0)
                order.Add(vertex);
        }

        for (int i = 0; i < order.Count; i++)
        {
            foreach ((int block, double distance) in next[order[i]] ?? [])
            {
                place[block] = Math.Max(place[block], place[order[i]] + distance);
                if (--waiting[block] == 0)
                    order.Add(block);
            }
        }

        return order;
    }

    // Between the middles of a vertex and the one below it.
    private static double Distance(Vertex above, Vertex below, double lines)
    {
        double between = (above.Kind, below.Kind) switch
        {
            (VertexKind.Top, VertexKind.Bottom) => Spacing.Title + Spacing.Padding,
            (VertexKind.Top, _) => Spacing.Title + Spacing.Padding,
            (_, VertexKind.Bottom) => Spacing.Padding,
            (VertexKind.Bottom, _) or (_, VertexKind.Top) => Spacing.BetweenGroups,
            (VertexKind.Node, VertexKind.Node) => Spacing.BetweenNodes,
            (VertexKind.Bend, VertexKind.Bend) => lines,
            _ => Spacing.BetweenLines,
        };
        return between + ((above.Height + below.Height) / 2);
    }
}
