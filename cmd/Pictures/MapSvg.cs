using System.Globalization;
using System.Security;
using System.Text;
using Depmap.Plugin.Layout;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>Draws the map as an SVG file that needs no other file and no script. A large map is drawn with its namespaces folded.</summary>
internal static class MapSvg
{
    private const double FooterHeight = 30;
    private const double NoteHeight = 18;
    private const double MinWidth = 560;

    /// <summary>Of a letter of a note, rather more than less.</summary>
    private const double LetterWidth = 6.5;

    /// <param name="caption">Below the picture; empty for none.</param>
    public static string Write(IReadOnlyList<Edge> edges, string caption = "")
    {
        MapGraph graph = MapGraph.Of(edges);
        bool isFolded = FoldedGroups.AreAll(graph);
        MapView view = MapView.Of(graph, group => isFolded || FoldedGroups.IsLargeOutside(graph, group));
        Drawing drawing = view.Draw();
        double width = Math.Max(MinWidth, drawing.Width);
        string[] captionLines = caption.Length > 0
            ? [.. TextWrap.Lines(PlainText.Of(caption), (int)((width - (2 * Spacing.Margin)) / LetterWidth))]
            : [];
        var text = new StringBuilder();
        Head(text, view, width, drawing.Height + FooterHeight + (captionLines.Length * NoteHeight));
        for (int group = 0; group < drawing.Groups.Count; group++)
        {
            if (drawing.Groups[group] is { } box)
                Box(text, graph.Groups[group].Name, box);
        }

        // Failing lines last, so that no other line covers them.
        foreach (int line in Enumerable.Range(0, view.Lines.Count).OrderBy(line => view.Lines[line].Traffic.IsFailing))
            Line(text, view, line, drawing.Routes[line]);
        for (int item = 0; item < view.Items.Count; item++)
            Node(text, view.Items[item], drawing.Nodes[item]);
        Footer(text, graph, isFolded, captionLines, drawing.Height);
        return text.Append("</svg>\n").ToString();
    }

    private static void Head(StringBuilder text, MapView view, double width, double height)
    {
        string size = $"width=\"{Number(width)}\" height=\"{Number(height)}\" viewBox=\"0 0 {Number(width)} {Number(height)}\"";
        int nodes = view.Graph.Nodes.Count;
        int lines = view.Graph.Lines.Count;
        text.Append($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" {size} role=\"img\" aria-label=\"Dependency map\">\n");
        text.Append(CultureInfo.InvariantCulture, $"<desc>{nodes} nodes, {lines} dependencies</desc>\n");
        text.Append($"<style>\n{PageFile.Read("picture.css")}</style>\n<defs>\n");
        Arrow(text, "arrow", "head");
        Arrow(text, "arrow-failing", "head failing");
        text.Append($"<clipPath id=\"card\"><rect width=\"{MapView.NodeWidth}\" height=\"{MapView.NodeHeight}\" rx=\"8\"/></clipPath>\n");
        text.Append("</defs>\n");
        text.Append("<rect width=\"100%\" height=\"100%\" style=\"fill:var(--ground)\"/>\n");
    }

    private static void Arrow(StringBuilder text, string id, string classes) => text.Append(
        $"<marker id=\"{id}\" viewBox=\"0 0 9 10\" markerWidth=\"9\" markerHeight=\"10\" refX=\"1\" refY=\"5\" orient=\"auto\" "
        + $"markerUnits=\"userSpaceOnUse\"><path class=\"{classes}\" d=\"M0 0 L9 5 L0 10 Z\"/></marker>\n");

    private static void Box(StringBuilder text, string name, Box box)
    {
        int letters = Math.Max(8, (int)(box.Width / 8));
        text.Append($"<g class=\"box\"><title>{Escaped(name)}</title>");
        text.Append($"<rect x=\"{Number(box.X)}\" y=\"{Number(box.Y)}\" ");
        text.Append($"width=\"{Number(box.Width)}\" height=\"{Number(box.Height)}\" rx=\"12\"/>");
        text.Append($"<text x=\"{Number(box.X + 14)}\" y=\"{Number(box.Y + 21)}\">");
        text.Append($"{Escaped(PictureText.Shortened(name, letters))}</text></g>\n");
    }

    private static void Line(StringBuilder text, MapView view, int index, Route route)
    {
        ViewLine line = view.Lines[index];
        string failing = line.Traffic.IsFailing ? "-failing" : "";
        string arrow = route.IsLoop ? "" : $" marker-end=\"url(#arrow{failing})\"";
        text.Append($"<path class=\"line{failing.Replace('-', ' ')}\" d=\"{LinePath.Of(route)}\" ");
        text.Append($"stroke-width=\"{line.Traffic.LineWidth.ToString(CultureInfo.InvariantCulture)}\"{arrow}><title>");
        text.Append(Escaped($"{view.Items[line.Source].Name} → {view.Items[line.Target].Name}: {line.Label}\n{line.Traffic.Describe()}"));
        text.Append("</title></path>\n");
    }

    private static void Node(StringBuilder text, ViewItem item, Box box)
    {
        string kind = item.Kind.ToString().ToLowerInvariant();
        string size = $"width=\"{Number(box.Width)}\" height=\"{Number(box.Height)}\" rx=\"8\"";
        int color = item.Folded >= 0 ? item.Folded : item.Box;
        string colorClass = color < 0 || item.Kind is GraphNodeKind.Outside or GraphNodeKind.Host ? "none" : $"c{color % 8}";
        text.Append($"<g class=\"node {kind}\" transform=\"translate({Number(box.X)} {Number(box.Y)})\">");
        text.Append($"<title>{Escaped($"{item.Name}\n{item.Detail}")}</title>");
        if (item.Folded >= 0)
            text.Append($"<rect class=\"sheet\" x=\"4\" y=\"4\" {size}/>");
        text.Append($"<rect class=\"card\" {size}/><g clip-path=\"url(#card)\"><rect class=\"{colorClass}\" width=\"5\" height=\"100%\"/>");
        double baseline = item.Detail.Length > 0 ? 19 : 27;
        text.Append($"<text class=\"name\" x=\"15\" y=\"{Number(baseline)}\">{Escaped(PictureText.Shortened(item.Name, 23))}</text>");
        if (item.Detail.Length > 0)
            text.Append($"<text class=\"detail\" x=\"15\" y=\"35\">{Escaped(PictureText.Shortened(item.Detail, 29))}</text>");
        text.Append("</g></g>\n");
    }

    private static void Footer(StringBuilder text, MapGraph graph, bool isFolded, string[] caption, double height)
    {
        int failing = graph.Lines.Count(line => line.Traffic.IsFailing);
        string counts = $"{graph.Nodes.Count} nodes, {graph.Lines.Count} dependencies, {failing} with drops (dashed)";
        string note = $"{counts}. Wider lines: more bytes.";
        if (isFolded)
            note += " Namespaces are folded.";
        string[] lines = [note, .. caption];
        for (int i = 0; i < lines.Length; i++)
        {
            text.Append($"<text class=\"note\" x=\"{Spacing.Margin}\" y=\"{Number(height + 12 + (i * NoteHeight))}\">");
            text.Append($"{Escaped(lines[i])}</text>\n");
        }
    }

    private static string Number(double value) => LinePath.Number(value);

    private static string Escaped(string text) => SecurityElement.Escape(text);
}
