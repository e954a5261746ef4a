namespace Depmap.Plugin.Layout;

/// <summary>
/// Routes edges: straight through the columns, where vertices keep their distance, and by curves between the columns. So no edge runs over
/// a node.
/// </summary>
internal sealed class EdgeRoutes
{
    /// <summary>The largest distance of two edges at a node.</summary>
    private const double MaxStep = 8;

    private readonly Columns _columns;
    private readonly RankOrder _order;
    private readonly Box[] _nodes;
    private readonly double[] _middles;
    private readonly double[] _starts;
    private readonly double[] _ends;

    /// <param name="middles">From <see cref="Coordinates"/>, for the bends.</param>
    public EdgeRoutes(RankOrder order, Columns columns, Box[] nodes, double[] middles)
    {
        _order = order;
        _columns = columns;
        _nodes = nodes;
        _middles = middles;
        _starts = Spread(chain => chain[0], chain => chain[1]);
        _ends = Spread(chain => chain[^1], chain => chain[^2]);
    }

    public Route[] All(LayoutGraph graph, bool[] reversed) =>
        [.. _order.Graph.Chains.Select((chain, edge) => chain.Length == 0 ? Loop(graph.Edges[edge].Source) : Route(edge, reversed[edge]))];

    private Route Route(int edge, bool isReversed)
    {
        int[] chain = _order.Graph.Chains[edge];
        var points = new List<Point>((2 * chain.Length) + 2) { new(_nodes[chain[0]].Right, _starts[edge]) };
        points.Add(new Point(_columns.Right(Rank(chain[0])), _starts[edge]));
        foreach (int bend in chain.AsSpan(1, chain.Length - 2))
        {
            points.Add(new Point(_columns.Left(Rank(bend)), _middles[bend]));
            points.Add(new Point(_columns.Right(Rank(bend)), _middles[bend]));
        }

        points.Add(new Point(_columns.Left(Rank(chain[^1])), _ends[edge]));
        points.Add(new Point(_nodes[chain[^1]].X, _ends[edge]));
        if (isReversed)
            points.Reverse();
        return new Route(points, isReversed, IsLoop: false);
    }

    private int Rank(int vertex) => _order.Graph.Vertices[vertex].Rank;

    private Route Loop(int node)
    {
        Box box = _nodes[node];
        double middle = box.X + (box.Width / 2);
        double half = Math.Min(16, box.Width / 4);
        return new Route(
            [
                new(middle - half, box.Y), new(middle - half, box.Y - Spacing.Loop),
                new(middle + half, box.Y - Spacing.Loop), new(middle + half, box.Y),
            ],
            IsReversed: false,
            IsLoop: true);
    }

    // Edges meet a node at different points of its side, in the order of where they go.
    private double[] Spread(Func<int[], int> node, Func<int[], int> neighbour)
    {
        var result = new double[_order.Graph.Chains.Count];
        IEnumerable<IGrouping<int, int>> sides = Enumerable.Range(0, result.Length)
            .Where(edge => _order.Graph.Chains[edge].Length > 0)
            .GroupBy(edge => node(_order.Graph.Chains[edge]));
        foreach (IGrouping<int, int> side in sides)
        {
            int[] edges = [.. side.OrderBy(edge => _order.Place[neighbour(_order.Graph.Chains[edge])])];
            Box box = _nodes[side.Key];
            double step = edges.Length > 1 ? Math.Min(MaxStep, (box.Height - 12) / (edges.Length - 1)) : 0;
            for (int i = 0; i < edges.Length; i++)
                result[edges[i]] = box.Y + (box.Height / 2) + (step * (i - ((edges.Length - 1) / 2.0)));
        }

        return result;
    }
}
