using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as a table like kubectl's: no borders, nothing truncated, no spaces in cells so that awk can split it.</summary>
internal static class MapTable
{
    private static readonly string[] Columns =
        ["CLIENT", "SERVER", "PROTO", "PORT", "FORWARDED", "DROPPED", "REASONS", "SENT", "RECEIVED", "HANDSHAKE", "LAST SEEN"];

    private const string Unknown = "-";

    /// <param name="now">The age of edges is relative to it.</param>
    public static string Write(IEnumerable<Edge> edges, DateTimeOffset now) =>
        TextTable.Write([Columns, .. edges.Select(edge => Cells(edge, now))]);

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
        edge.LastSeenUnixNs > 0 ? Quantity.Age(now - UnixTime.ToUtc(edge.LastSeenUnixNs)) : Unknown,
    ];

    // Details are only in the JSON output.
    private static string Reasons(IEnumerable<DropCount> drops) => string.Join(
        ',',
        drops.GroupBy(drop => Words.Of(drop.Reason, drop.Detail).Reason ?? "?")
            .Select(reason => $"{reason.Key}:{reason.Aggregate(0UL, (sum, drop) => sum + drop.Count)}"));
}
