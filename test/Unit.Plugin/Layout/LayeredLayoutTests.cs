using System.Globalization;
using CsCheck;
using Depmap.Plugin.Layout;

namespace Depmap.Plugin.Tests.Layout;

public sealed class LayeredLayoutTests
{
    private const double Rounding = 1e-6;

    [Fact]
    public void Nodes_and_boxes_do_not_overlap() => LayoutGraphs.Any.Sample(graph =>
    {
        Drawing drawing = LayeredLayout.Draw(graph);
        Box[] groups = [.. drawing.Groups.OfType<Box>()];
        Assert.All(Pairs(drawing.Nodes), pair => Assert.False(Overlap(pair.One, pair.Other), "two nodes"));
        Assert.All(Pairs(groups), pair => Assert.False(Overlap(pair.One, pair.Other), "two groups"));
        for (int node = 0; node < graph.Nodes.Count; node++)
        {
            for (int group = 0; group < graph.GroupCount; group++)
            {
                if (drawing.Groups[group] is { } box)
                {
                    bool isMember = graph.Nodes[node].Group == group;
                    Assert.Equal(isMember, Overlap(drawing.Nodes[node], box));
                    Assert.Equal(isMember, Contains(box, drawing.Nodes[node]));
                }
            }
        }
    });

    [Fact]
    public void Nodes_keep_their_sizes_and_everything_is_inside_the_drawing() => LayoutGraphs.Any.Sample(graph =>
    {
        Drawing drawing = LayeredLayout.Draw(graph);
        Assert.Equal(graph.Nodes.Count, drawing.Nodes.Count);
        var all = new Box(0, 0, drawing.Width, drawing.Height);
        for (int node = 0; node < graph.Nodes.Count; node++)
        {
            Assert.Equal((graph.Nodes[node].Width, graph.Nodes[node].Height), (drawing.Nodes[node].Width, drawing.Nodes[node].Height));
            Assert.True(Contains(all, drawing.Nodes[node]));
        }

        Assert.All(drawing.Groups.OfType<Box>(), group => Assert.True(Contains(all, group)));
        Assert.All(drawing.Routes.SelectMany(route => route.Points), point => Assert.True(Contains(all, new Box(point.X, point.Y, 0, 0))));
    });

    [Fact]
    public void Each_edge_leads_from_its_source_to_its_target() => LayoutGraphs.Any.Sample(graph =>
    {
        Drawing drawing = LayeredLayout.Draw(graph);
        Assert.Equal(graph.Edges.Count, drawing.Routes.Count);
        for (int edge = 0; edge < graph.Edges.Count; edge++)
        {
            Route route = drawing.Routes[edge];
            Assert.True(IsOnBorder(drawing.Nodes[graph.Edges[edge].Source], route.Points[0]));
            Assert.True(IsOnBorder(drawing.Nodes[graph.Edges[edge].Target], route.Points[^1]));
            Assert.Equal(graph.Edges[edge].Source == graph.Edges[edge].Target, route.IsLoop);
        }
    });

    [Fact]
    public void No_edge_runs_over_a_node() => LayoutGraphs.Any.Sample(graph =>
    {
        Drawing drawing = LayeredLayout.Draw(graph);
        foreach (Route route in drawing.Routes)
        {
            Point[] points = Crossings.Sampled(route);
            for (int i = 1; i < points.Length; i++)
                Assert.DoesNotContain(drawing.Nodes, node => PassesOver(node, points[i - 1], points[i]));
        }
    });

    [Fact]
    public void Edges_lead_to_the_right_except_where_they_close_a_cycle() => LayoutGraphs.Any.Sample(graph =>
    {
        Drawing drawing = LayeredLayout.Draw(graph);
        int[] component = StrongComponents.Of(graph);
        for (int edge = 0; edge < graph.Edges.Count; edge++)
        {
            (LayoutEdge ends, Route route) = (graph.Edges[edge], drawing.Routes[edge]);
            if (route.IsLoop)
                continue;
            (Box source, Box target) = (drawing.Nodes[ends.Source], drawing.Nodes[ends.Target]);
            Assert.True(route.IsReversed ? target.Right < source.X : source.Right < target.X);
            if (route.IsReversed)
                Assert.Equal(component[ends.Source], component[ends.Target]);
        }
    });

    [Fact]
    public void The_same_graph_gets_the_same_drawing() => LayoutGraphs.Any.Sample(
        graph => Assert.Equal(Text(LayeredLayout.Draw(graph)), Text(LayeredLayout.Draw(graph))), iter: 30);

    [Fact]
    public void Nodes_of_one_component_reach_each_other() => LayoutGraphs.Any.Sample(graph =>
    {
        int[] component = StrongComponents.Of(graph);
        bool[,] reaches = Reachability(graph);
        for (int one = 0; one < graph.Nodes.Count; one++)
        {
            for (int other = 0; other < graph.Nodes.Count; other++)
                Assert.Equal(one == other || (reaches[one, other] && reaches[other, one]), component[one] == component[other]);
        }
    });

    [Fact]
    public void A_tree_has_no_crossings()
    {
        LayoutNode[] nodes = [.. Enumerable.Repeat(new LayoutNode(100, 30), 40)];
        LayoutEdge[] edges = [.. Enumerable.Range(1, 39).Select(node => new LayoutEdge((node - 1) / 3, node))];
        Drawing drawing = LayeredLayout.Draw(new LayoutGraph(nodes, edges));
        Assert.Equal(0, Crossings.Count([.. drawing.Routes.Select(Crossings.Sampled)], edges));
    }

    [Fact]
    public void A_long_edge_is_straight_where_it_passes_columns()
    {
        LayoutNode[] nodes = [.. Enumerable.Repeat(new LayoutNode(100, 30), 6)];
        LayoutEdge[] edges = [new(0, 1), new(1, 2), new(2, 3), new(3, 4), new(4, 5), new(0, 5)];
        Route route = LayeredLayout.Draw(new LayoutGraph(nodes, edges)).Routes[5];
        Assert.Single(route.Points.Skip(2).SkipLast(2).Select(point => point.Y).Distinct());
    }

    [Fact]
    public void An_empty_graph_is_an_empty_drawing()
    {
        Drawing drawing = LayeredLayout.Draw(new LayoutGraph([], []));
        Assert.Equal((0, 0, 0), (drawing.Nodes.Count, drawing.Width, drawing.Height));
    }

    private static IEnumerable<(Box One, Box Other)> Pairs(IReadOnlyList<Box> boxes) =>
        boxes.SelectMany((one, i) => boxes.Skip(i + 1).Select(other => (one, other)));

    private static bool Overlap(Box one, Box other) =>
        one.X < other.Right - Rounding && other.X < one.Right - Rounding
        && one.Y < other.Bottom - Rounding && other.Y < one.Bottom - Rounding;

    private static bool Contains(Box outer, Box inner) =>
        outer.X <= inner.X + Rounding && inner.Right <= outer.Right + Rounding
        && outer.Y <= inner.Y + Rounding && inner.Bottom <= outer.Bottom + Rounding;

    private static bool IsOnBorder(Box box, Point point) =>
        Contains(box, new Box(point.X, point.Y, 0, 0))
        && new[] { point.X - box.X, box.Right - point.X, point.Y - box.Y, box.Bottom - point.Y }.Min(Math.Abs) < Rounding;

    private static bool PassesOver(Box node, Point from, Point to) =>
        Overlap(node, new Box(Math.Min(from.X, to.X), Math.Min(from.Y, to.Y), Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y)));

    private static bool[,] Reachability(LayoutGraph graph)
    {
        int count = graph.Nodes.Count;
        var reaches = new bool[count, count];
        foreach (LayoutEdge edge in graph.Edges)
            reaches[edge.Source, edge.Target] = true;
        for (int middle = 0; middle < count; middle++)
        {
            for (int from = 0; from < count; from++)
            {
                for (int to = 0; to < count; to++)
                    reaches[from, to] |= reaches[from, middle] && reaches[middle, to];
            }
        }

        return reaches;
    }

    private static string Text(Drawing drawing) => string.Create(
        CultureInfo.InvariantCulture,
        $"{string.Join(' ', drawing.Nodes)} {string.Join(' ', drawing.Groups)} {Points(drawing)}");

    private static string Points(Drawing drawing) => string.Join(' ', drawing.Routes.SelectMany(route => route.Points));
}
