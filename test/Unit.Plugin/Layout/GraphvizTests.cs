using System.Globalization;
using System.Text;
using System.Text.Json;
using Depmap.Plugin.Layout;
using Xunit.Abstractions;

namespace Depmap.Plugin.Tests.Layout;

/// <summary>Compares the drawings of recorded maps with those of Graphviz.</summary>
public sealed class GraphvizTests(ITestOutputHelper output)
{
    private static string Maps => Installation.File("test/Unit.Plugin/Layout/maps");

    [Fact]
    public async Task Edges_cross_at_most_a_fifth_more_often_than_in_Graphviz()
    {
        int ours = 0;
        int theirs = 0;
        foreach (string file in Directory.GetFiles(Maps, "*.json").Order(StringComparer.Ordinal))
        {
            LayoutGraph graph = Read(file);
            int own = Crossings.Count([.. LayeredLayout.Draw(graph).Routes.Select(Crossings.Sampled)], graph.Edges);
            int other = Crossings.Count(await DotAsync(graph), graph.Edges);
            output.WriteLine($"{Path.GetFileNameWithoutExtension(file)}: {own} crossings, Graphviz {other}");
            ours += own;
            theirs += other;
            Assert.True(own <= Math.Max(5, other * 1.5), $"{file}: {own} crossings, Graphviz {other}");
        }

        output.WriteLine($"sum: {ours} crossings, Graphviz {theirs}");
        Assert.True(ours <= theirs * 1.2, $"{ours} crossings, Graphviz {theirs}");
    }

    private static LayoutGraph Read(string file)
    {
        using JsonDocument map = JsonDocument.Parse(File.ReadAllText(file));
        List<string> names = [];
        List<string> groups = [];
        List<LayoutNode> nodes = [];
        List<LayoutEdge> edges = [];
        foreach (JsonElement edge in map.RootElement.GetProperty("edges").EnumerateArray())
            edges.Add(new LayoutEdge(Node(edge.GetProperty("source")), Node(edge.GetProperty("destination"))));
        return new LayoutGraph(nodes, [.. edges.Distinct()], groups.Count);

        int Node(JsonElement end)
        {
            string? name = Text(end, "workload") ?? Text(end, "name") ?? Text(end, "ip");
            string? group = Text(end, "namespace");
            if (group is not null && !groups.Contains(group))
                groups.Add(group);
            string key = $"{group}/{name}";
            if (!names.Contains(key))
            {
                names.Add(key);
                nodes.Add(new LayoutNode(160, 40, group is null ? -1 : groups.IndexOf(group)));
            }

            return names.IndexOf(key);
        }
    }

    private static string? Text(JsonElement end, string field) =>
        end.TryGetProperty(field, out JsonElement value) ? value.GetString() : null;

    private static async Task<Point[][]> DotAsync(LayoutGraph graph)
    {
        var dot = new StringBuilder("digraph{rankdir=LR;node[shape=box,fixedsize=true,width=2.2,height=0.55];\n");
        for (int group = 0; group < graph.GroupCount; group++)
        {
            IEnumerable<int> members = Enumerable.Range(0, graph.Nodes.Count).Where(node => graph.Nodes[node].Group == group);
            dot.Append(CultureInfo.InvariantCulture, $"subgraph cluster{group}{{{string.Join(';', members)}}}\n");
        }

        for (int edge = 0; edge < graph.Edges.Count; edge++)
            dot.Append(CultureInfo.InvariantCulture, $"{graph.Edges[edge].Source}->{graph.Edges[edge].Target}[id={edge}];\n");
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "map.dot");
        await File.WriteAllTextAsync(file, dot.Append('}').ToString());
        Run run = await Run.ScriptAsync($"dot -Tjson '{file}'");

        using JsonDocument drawing = JsonDocument.Parse(run.Succeeded());
        var lines = new Point[graph.Edges.Count][];
        foreach (JsonElement edge in drawing.RootElement.GetProperty("edges").EnumerateArray())
        {
            int index = int.Parse(edge.GetProperty("id").GetString()!, CultureInfo.InvariantCulture);
            lines[index] = Spline(edge.GetProperty("pos").GetString()!);
        }

        return lines;
    }

    // "e,X,Y X,Y …": the arrow's tip and the control points of a Bézier curve.
    private static Point[] Spline(string text)
    {
        Point[] points =
        [
            .. text.Split(' ').Where(word => char.IsDigit(word[0]) || word[0] == '-').Select(word => word.Split(','))
                .Select(pair => new Point(
                    double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture))),
        ];
        var line = new List<Point> { points[0] };
        for (int i = 0; i + 3 < points.Length; i += 3)
            line.AddRange(Crossings.Curve(points[i], points[i + 1], points[i + 2], points[i + 3]).Skip(1));
        return [.. line];
    }
}
