using System.Buffers;
using System.Text;
using System.Text.Json;
using Depmap.Common;
using Depmap.Plugin.Layout;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>Writes the data of a page as JSON, which its model.js reads.</summary>
internal static class PageData
{
    /// <returns>Without &lt;, &gt;, &amp; and line separators: JSON's default encoder escapes them.</returns>
    public static string Write(MapGraph graph)
    {
        IReadOnlyList<PageView> views = PageViews.Of(graph);
        var drawings = new Drawing[views.Count];
        Parallel.For(0, views.Count, i => drawings[i] = views[i].View.Draw());
        return Text(json =>
        {
            json.WriteStartObject();
            Array(json, "nodes", graph.Nodes, node => Node(json, node));
            Array(json, "groups", graph.Groups, group => Group(json, group));
            json.WritePropertyName("edges");
            Edges(json, graph);
            Array(json, "views", views.Zip(drawings), pair => View(json, pair.First, pair.Second));
            json.WriteEndObject();
        });
    }

    /// <summary>Only the edges, for a page that has all the rest.</summary>
    public static string WriteEdges(MapGraph graph) => Text(json => Edges(json, graph));

    private static string Text(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Edges(Utf8JsonWriter json, MapGraph graph) =>
        Array(json, graph.Lines.SelectMany(line => line.Edges.Select(edge => (line, edge))), pair => Edge(json, pair.line, pair.edge));

    private static void Node(Utf8JsonWriter json, GraphNode node)
    {
        json.WriteStringValue(node.Name);
        json.WriteStringValue(node.Detail);
        json.WriteNumberValue((int)node.Kind);
        json.WriteNumberValue(node.Group);
    }

    private static void Group(Utf8JsonWriter json, GraphGroup group)
    {
        json.WriteStringValue(group.Name);
        json.WriteBooleanValue(group.IsOutside);
    }

    private static void Edge(Utf8JsonWriter json, GraphLine line, Edge edge)
    {
        json.WriteNumberValue(line.Source);
        json.WriteNumberValue(line.Target);
        json.WriteStringValue(PictureText.Visible(EndpointText.Edge(edge.Destination)));
        json.WriteStringValue(Words.Of(edge.Protocol) ?? "");
        json.WriteNumberValue(edge.Destination?.Port ?? 0);
        json.WriteNumberValue(edge.Forwarded);
        json.WriteNumberValue(edge.Dropped);
        json.WriteStringValue(string.Join(", ", edge.Drops.Select(Reason)));
        json.WriteNumberValue(edge.BytesToServer);
        json.WriteNumberValue(edge.BytesToClient);
        json.WriteStringValue(Quantity.Duration(edge.HandshakeMeanNs));
        json.WriteStringValue(edge.LastSeenUnixNs > 0 ? $"{UnixTime.ToUtc(edge.LastSeenUnixNs):yyyy-MM-dd HH:mm:ss} UTC" : "");
        json.WriteStringValue(Note(edge));
        json.WriteStringValue(Reference(edge.Source));
        json.WriteStringValue(Reference(edge.Destination));
    }

    /// <summary>As <c>why</c> takes it, safe in a shell; empty if it takes none.</summary>
    private static string Reference(Endpoint? end)
    {
        var identity = EndIdentity.Of(end);
        bool isKnown = identity.Kind is "service" or "pod" or "node" or "namespace"
            || ObjectReference.FindWorkloadKind(identity.Kind) is not null;
        string text = isKnown
            ? identity.ToString()
            : identity.Namespace.Length > 0 ? $"{identity.Namespace}/{identity.Name}" : identity.Name;
        bool isPlain = text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '/' or ':' or '_');
        return isPlain && identity.Kind is not ("unknown" or "outside" or "zone") && text[0] != '-' ? text : "";
    }

    private static string Reason(DropCount drop)
    {
        (string? reason, string? detail) = Words.Of(drop.Reason, drop.Detail);
        string text = $"{drop.Count} {reason ?? "unknown"}";
        return PictureText.Visible(detail is null ? text : $"{text} ({detail})");
    }

    private static string Note(Edge edge) => string.Join(
        ", ",
        ((string[])
        [
            Addresses(edge.Source, edge.MoreAddresses),
            Addresses(edge.Destination, edge.MoreAddresses),
            edge.Probe ? "probes by the kubelet" : "",
            edge.Depmap ? "Depmap's own" : "",
            edge.Guessed ? "partly guessed" : "",
        ]).Where(text => text.Length > 0));

    private static string Addresses(Endpoint? end, bool more) => end is not { AddressCount: > 0 and var count } ? ""
        : count == 1 ? end.Ip
        : $"{(more ? "more than " : "")}{count} addresses";

    private static void View(Utf8JsonWriter json, PageView view, Drawing drawing)
    {
        json.WriteStartObject();
        json.WriteString("title", view.Title);
        json.WriteNumber("focus", view.Focus);
        json.WriteNumber("width", Math.Ceiling(drawing.Width));
        json.WriteNumber("height", Math.Ceiling(drawing.Height));
        Array(json, "items", view.View.Items.Zip(drawing.Nodes), item =>
            Numbers(json, item.First.Node, item.First.Folded, item.Second.X, item.Second.Y));
        Array(json, "boxes", drawing.Groups.Index().Where(group => group.Item is not null), group =>
            Numbers(json, group.Index, group.Item!.Value.X, group.Item.Value.Y, group.Item.Value.Width, group.Item.Value.Height));
        Array(json, "lines", view.View.Lines.Zip(drawing.Routes), line =>
        {
            Numbers(json, line.First.Source, line.First.Target, line.Second.IsReversed ? 1 : 0);
            json.WriteStartArray();
            foreach (Point point in line.Second.Points)
                Numbers(json, point.X, point.Y);
            json.WriteEndArray();
        });
        json.WriteEndObject();
    }

    private static void Array<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WritePropertyName(name);
        Array(json, items, write);
    }

    private static void Array<T>(Utf8JsonWriter json, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray();
        foreach (T item in items)
        {
            json.WriteStartArray();
            write(item);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    // Whole pixels: fractions would double the size of the page.
    private static void Numbers(Utf8JsonWriter json, params ReadOnlySpan<double> values)
    {
        foreach (double value in values)
            json.WriteNumberValue((long)Math.Round(value));
    }
}
