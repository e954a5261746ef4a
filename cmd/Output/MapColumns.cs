using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The columns of a map in tables for people.</summary>
internal static class MapColumns
{
    private const string Unknown = "-";

    private static readonly TableColumn[] Usual =
    [
        new("CLIENT", IsShortened: true), new("SERVER", IsShortened: true), new("PROTO"), new("PORT"), new("FORWARDED"), new("DROPPED"),
        new("REASONS", LeftOut: 1, IsShortened: true), new("SENT", LeftOut: 4), new("RECEIVED", LeftOut: 3), new("HANDSHAKE", LeftOut: 5),
        new("LAST SEEN", LeftOut: 2),
    ];

    private static readonly TableColumn[] More =
    [
        new("FIRST SEEN", LeftOut: 6), new("STATE", LeftOut: 7), new("WITHIN ZONE", LeftOut: 9), new("ACROSS ZONES", LeftOut: 8),
        new("WORKLOAD", LeftOut: 11, IsShortened: true), new("GUESSED", LeftOut: 10),
    ];

    /// <param name="isWide">Whether all columns are wanted.</param>
    public static IReadOnlyList<TableColumn> Of(bool isWide) => isWide ? [.. Usual, .. More] : Usual;

    /// <param name="edges">The rows.</param>
    /// <param name="now">The age of edges is relative to it.</param>
    /// <param name="isWide">Whether all columns are wanted.</param>
    public static List<TableCell[]> Rows(IReadOnlyList<Edge> edges, DateTimeOffset now, bool isWide)
    {
        (string Client, string Server)[] labels = EdgeLabels.Of(edges);
        var rows = new List<TableCell[]>(edges.Count);
        for (int i = 0; i < edges.Count; i++)
        {
            TableCell[] usual = UsualCells(edges[i], labels[i], now);
            rows.Add(isWide ? [.. usual, .. MoreCells(edges[i], now)] : usual);
        }

        return rows;
    }

    private static TableCell[] UsualCells(Edge edge, (string Client, string Server) label, DateTimeOffset now)
    {
        // A failing edge is red as a whole, and says so by its count and reasons.
        Tone tone = edge.Dropped > 0 ? Tone.Bad : Tone.Plain;
        return
        [
            new(label.Client, tone),
            new(label.Server, tone),
            Words.Of(edge.Protocol) ?? Unknown,
            edge.Destination is { Port: > 0 } server ? $"{server.Port}" : Unknown,
            $"{edge.Forwarded}",
            new($"{edge.Dropped}", tone),
            new(Reasons(edge) is { Length: > 0 } reasons ? reasons : Unknown, edge.Drops.Count > 0 ? Tone.Reason : Tone.Plain),
            Quantity.Bytes(edge.BytesToServer),
            Quantity.Bytes(edge.BytesToClient),
            edge.HandshakeMeanNs > 0 ? Quantity.Duration(edge.HandshakeMeanNs) : Unknown,
            Age(edge.LastSeenUnixNs, now),
        ];
    }

    private static TableCell[] MoreCells(Edge edge, DateTimeOffset now) =>
    [
        Age(edge.FirstSeenUnixNs, now),
        State(edge),
        Quantity.Bytes(edge.BytesWithinZone),
        Quantity.Bytes(edge.BytesAcrossZones),
        edge.Destination?.Workload is { Length: > 0 } workload ? PlainText.Word(workload)
            : edge.DestinationWorkloads.Count > 0 ? PlainText.Word(string.Join(',', edge.DestinationWorkloads)) : Unknown,
        edge.Guessed ? "yes" : "no",
    ];

    private static TableCell State(Edge edge) =>
        edge.Dropped == 0 ? new("ok", Tone.Good) : new(edge.Forwarded > 0 ? "failing" : "failed", Tone.Bad);

    private static string Age(long unixNanoseconds, DateTimeOffset now) =>
        unixNanoseconds > 0 ? Quantity.Age(now - UnixTime.ToUtc(unixNanoseconds)) : Unknown;

    /// <summary>Details are only in the JSON output.</summary>
    public static string Reasons(Edge edge) => string.Join(
        ',',
        edge.Drops.GroupBy(drop => Words.Of(drop.Reason, drop.Detail).Reason ?? "?")
            .Select(reason => PlainText.Word($"{reason.Key}:{reason.Aggregate(0UL, (sum, drop) => sum + drop.Count)}")));
}
