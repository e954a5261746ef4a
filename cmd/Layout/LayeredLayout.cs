namespace Depmap.Plugin.Layout;

/// <summary>
/// Draws a graph in columns from left to right, from the one who calls to the one who is called. A group's nodes are in a box, and boxes do
/// not overlap. The same graph always gets the same drawing.
/// </summary>
internal static class LayeredLayout
{
    public static Drawing Draw(LayoutGraph graph)
    {
        bool[] reversed = CycleBreaker.Reversed(graph);
        int[] ranks = Ranks.Of(graph, reversed);
        var layered = new LayeredGraph(graph, reversed, ranks);
        if (graph.Nodes.Count == 0)
            return new Drawing([], [.. new Box?[graph.GroupCount]], [], 0, 0);

        RankOrder order = CrossingReduction.Of(layered);
        double[] middles = Coordinates.Of(order);
        double top = Top(layered, middles);
        for (int vertex = 0; vertex < middles.Length; vertex++)
            middles[vertex] += Spacing.Margin - top;
        var columns = new Columns(graph, layered);
        Box[] nodes = [.. graph.Nodes.Select((node, i) => NodeBox(node, columns.Middle(ranks[i]), middles[i]))];
        Box?[] groups = [.. Enumerable.Range(0, graph.GroupCount).Select(group => GroupBox(layered, columns, middles, group))];
        Route[] routes = new EdgeRoutes(order, columns, nodes, middles).All(graph, reversed);
        double bottom = middles.Zip(layered.Vertices, (middle, vertex) => middle + (vertex.Height / 2)).Max();
        return new Drawing(
            nodes, groups, routes, columns.Right(layered.RankCount - 1) + Spacing.Padding + Spacing.Margin, bottom + Spacing.Margin);
    }

    private static double Top(LayeredGraph layered, double[] middles) =>
        middles.Zip(layered.Vertices, (middle, vertex) => middle - (vertex.Height / 2)).Min();

    private static Box NodeBox(LayoutNode node, double x, double y) =>
        new(x - (node.Width / 2), y - (node.Height / 2), node.Width, node.Height);

    private static Box? GroupBox(LayeredGraph layered, Columns columns, double[] middles, int group)
    {
        if (layered.First[group] < 0)
            return null;
        double top = double.MaxValue;
        double bottom = double.MinValue;
        for (int vertex = 0; vertex < middles.Length; vertex++)
        {
            Vertex value = layered.Vertices[vertex];
            if (value.Group != group || value.IsBorder)
                continue;
            top = Math.Min(top, middles[vertex] - (value.Height / 2));
            bottom = Math.Max(bottom, middles[vertex] + (value.Height / 2));
        }

        double left = columns.Left(layered.First[group]) - Spacing.Padding;
        double right = columns.Right(layered.Last[group]) + Spacing.Padding;
        double start = top - Spacing.Padding - Spacing.Title;
        return new Box(left, start, right - left, bottom + Spacing.Padding - start);
    }
}
