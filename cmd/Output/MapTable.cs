using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The map as a table in kubectl's manner: no borders, never cut, each cell one word so that awk can split it.</summary>
internal static class MapTable
{
    private static readonly string[] Columns =
        ["CLIENT", "SERVER", "PROTO", "PORT", "FORWARDED", "DROPPED", "REASONS", "SENT", "RECEIVED", "HANDSHAKE", "LAST SEEN"];

    private const string Unknown = "-";

    /// <param name="now">For how long ago an edge was last seen.</param>
    public static string Write(IEnumerable<Edge> edges, DateTimeOffset now)
    {
        string[][] rows = [Columns, .. edges.Select(edge => Cells(edge, now))];
        int[] widths = [.. Columns.Select((_, column) => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            string line = string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column])));
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string[] Cells(Edge edge, DateTimeOffset now) =>
    [
        EndpointText.Edge(edge.Source) + (edge.Probe ? "(probe)" : ""),
        EndpointText.Edge(edge.Destination),
        Words.Of(edge.Protocol) ?? Unknown,
        edge.Destination is { Port: > 0 } server ? $"{server.Port}" : Unknown,
        $"{edge.Forwarded}",
        $"{edge.Dropped}",
        edge.Drops.Count > 0 ? Reasons(edge.Drops) : Unknown,
        Quantity.Bytes(edge.BytesToServer),
        Quantity.Bytes(edge.BytesToClient),
        edge.HandshakeMeanNs > 0 ? Quantity.Duration(edge.HandshakeMeanNs) : Unknown,
        edge.LastSeenUnixNs > 0 ? Quantity.Age(now - UnixTime.Utc(edge.LastSeenUnixNs)) : Unknown,
    ];

    // One word a reason; its several details are for -o json.
    private static string Reasons(IEnumerable<DropCount> drops) => string.Join(
        ',',
        drops.GroupBy(drop => Words.Of(drop.Reason, drop.Detail).Reason ?? "?")
            .Select(reason => $"{reason.Key}:{reason.Aggregate(0UL, (sum, drop) => sum + drop.Count)}"));
}
