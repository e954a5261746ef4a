using System.Globalization;
using System.Text;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>Prints the map as a Mermaid flowchart, which GitHub and GitLab draw in Markdown files.</summary>
internal static class MapMermaid
{
    /// <summary>Mermaid draws no chart with more lines, by its default maxEdges, which a chart cannot change.</summary>
    private const int MaxLines = 500;

    /// <param name="caption">A comment; empty for none.</param>
    public static string Write(IReadOnlyList<Edge> edges, string caption = "")
    {
        MapGraph graph = MapGraph.Of(edges);
        bool isFolded = graph.Lines.Count > MaxLines;
        MapView view = MapView.Of(graph, isFolded ? _ => true : group => FoldedGroups.IsLargeOutside(graph, group));
        ViewLine[] lines =
        [
            .. view.Lines
                .OrderByDescending(line => line.Traffic.IsFailing)
                .ThenByDescending(line => line.Traffic.Bytes)
                .Take(MaxLines)
                .OrderBy(line => (line.Source, line.Target)),
        ];
        var text = new StringBuilder();
        // Mermaid takes braces in a comment for settings.
        if (caption.Length > 0)
            text.Append("%% ").Append(PlainText.Of(caption).Replace('{', '(').Replace('}', ')')).Append('\n');
        if (isFolded)
            text.Append(CultureInfo.InvariantCulture, $"%% Namespaces are folded, because Mermaid draws at most {MaxLines} lines.\n");
        if (lines.Length < view.Lines.Count)
            text.Append(CultureInfo.InvariantCulture, $"%% {view.Lines.Count - lines.Length} lines with the least traffic are left out.\n");
        text.Append("flowchart LR\n");
        for (int group = -1; group < graph.Groups.Count; group++)
            Group(text, graph, view, group);
        for (int line = 0; line < lines.Length; line++)
            Line(text, lines[line], line);
        text.Append("  classDef outside stroke-dasharray:4 3\n");
        return text.ToString();
    }

    private static void Group(StringBuilder text, MapGraph graph, MapView view, int group)
    {
        int[] members = [.. Enumerable.Range(0, view.Items.Count).Where(item => view.Items[item].Box == group)];
        if (members.Length == 0)
            return;
        if (group >= 0)
            text.Append(CultureInfo.InvariantCulture, $"  subgraph g{group}[\"{Escaped(graph.Groups[group].Name)}\"]\n");
        foreach (int item in members)
        {
            bool isOutside = view.Items[item].Kind == GraphNodeKind.Outside;
            text.Append(group < 0 ? "  " : "    ");
            text.Append(CultureInfo.InvariantCulture, $"n{item}[\"{Escaped(view.Items[item].Name)}\"]{(isOutside ? ":::outside" : "")}\n");
        }

        if (group >= 0)
            text.Append("  end\n");
    }

    private static void Line(StringBuilder text, ViewLine line, int index)
    {
        string arrow = line.Traffic.IsFailing ? "-.->" : "-->";
        string label = Escaped(line.Label);
        text.Append(CultureInfo.InvariantCulture, $"  n{line.Source} {arrow}|\"{label}\"| n{line.Target}\n");
        string width = line.Traffic.LineWidth.ToString(CultureInfo.InvariantCulture);
        string color = line.Traffic.IsFailing ? ",stroke:#c81e1e" : "";
        text.Append(CultureInfo.InvariantCulture, $"  linkStyle {index} stroke-width:{width}px{color}\n");
    }

    // Mermaid has no escape in quoted texts but its entity codes (#35; is a number sign). Backquotes begin Markdown.
    private static string Escaped(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || " -_./:,()".Contains((char)rune.Value) && rune.IsAscii || rune.Value > 0x7f)
                result.Append(rune);
            else
                result.Append(CultureInfo.InvariantCulture, $"#{rune.Value};");
        }

        return result.ToString();
    }
}
