using System.Globalization;
using System.Text;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>Prints the map in Graphviz's language, with a cluster for each namespace.</summary>
internal static class MapDot
{
    /// <param name="caption">A comment; empty for none.</param>
    public static string Write(IReadOnlyList<Edge> edges, string caption = "")
    {
        MapGraph graph = MapGraph.Of(edges);
        var text = new StringBuilder();
        if (caption.Length > 0)
            text.Append("// ").Append(PlainText.Of(caption)).Append('\n');
        text.Append("digraph depmap {\n");
        text.Append("  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=12, color=\"#8a94a6\", style=rounded]\n");
        text.Append("  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11, color=\"#4a5568\"]\n");
        text.Append("  edge [fontname=\"Helvetica\", fontsize=9, color=\"#64748b\"]\n");
        for (int group = -1; group < graph.Groups.Count; group++)
        {
            string indent = group < 0 ? "  " : "    ";
            if (group >= 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"  subgraph cluster_{group} {{\n");
                text.Append(indent).Append("label=").Append(Quoted(graph.Groups[group].Name)).Append('\n');
            }

            for (int node = 0; node < graph.Nodes.Count; node++)
            {
                if (graph.Nodes[node].Group == group)
                    text.Append(indent).Append(Node(node, graph.Nodes[node])).Append('\n');
            }

            if (group >= 0)
                text.Append("  }\n");
        }

        foreach (GraphLine line in graph.Lines)
            text.Append("  ").Append(Line(line)).Append('\n');
        return text.Append("}\n").ToString();
    }

    private static string Node(int index, GraphNode node)
    {
        string shape = node.Kind switch
        {
            GraphNodeKind.Outside => ", shape=ellipse, style=dashed",
            GraphNodeKind.Host => ", shape=box3d, style=solid",
            _ => "",
        };
        return $"n{index} [label={Quoted(node.Name)}{shape}]";
    }

    private static string Line(GraphLine line)
    {
        Traffic traffic = line.Traffic;
        string width = traffic.LineWidth.ToString(CultureInfo.InvariantCulture);
        string failing = traffic.IsFailing ? ", color=\"#c81e1e\", fontcolor=\"#c81e1e\", style=dashed" : "";
        string tooltip = Quoted(traffic.Describe());
        return $"n{line.Source} -> n{line.Target} [label={Quoted(LineLabel.Of(line))}, penwidth={width}, tooltip={tooltip}{failing}]";
    }

    // In a quoted string, a quotation mark ends it and a backslash begins an escape. Graphviz then replaces HTML entities.
    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", @"\\").Replace("\"", "\\\"").Replace("&", "&amp;")}\"";
}
