using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Prints what policies would forbid as a table.</summary>
internal static class ForbiddenTable
{
    private static readonly TableColumn[] Columns =
    [
        new("CLIENT", IsShortened: true), new("SERVER", IsShortened: true), new("PROTO"), new("PORT"), new("FLOWS", LeftOut: 1),
        new("LAST SEEN", LeftOut: 2), new("POLICY", IsShortened: true),
    ];

    /// <param name="forbidden">The rows.</param>
    /// <param name="now">The age of traffic is relative to it.</param>
    /// <param name="style">How it is printed.</param>
    public static string Write(IReadOnlyList<ForbiddenTraffic> forbidden, DateTimeOffset now, TableStyle style = default)
    {
        (string Client, string Server)[] labels = RowLabels.Of(
            forbidden,
            (each, withKind) => (Name(each.Traffic.Client, withKind), Name(each.Traffic.Server, withKind)),
            each => (each.Traffic.Protocol, each.Traffic.Port));
        return TextTable.Write(Columns, [.. forbidden.Select((each, i) => Cells(each, labels[i], now))], style);
    }

    private static string Name(TrafficEnd end, bool withKind) => PlainText.Word(TrafficEndText.Of(end, withKind));

    // Each of them would fail, so their ends are red as those of failing edges.
    private static TableCell[] Cells(ForbiddenTraffic forbidden, (string Client, string Server) label, DateTimeOffset now) =>
    [
        new(label.Client, Tone.Bad),
        new(label.Server, Tone.Bad),
        Words.Of(forbidden.Traffic.Protocol) ?? "?",
        $"{forbidden.Traffic.Port}",
        $"{forbidden.Traffic.Flows}",
        Quantity.Age(now - UnixTime.ToUtc(forbidden.Traffic.LastSeenUnixNs)),
        new(
            string.Join("; ", forbidden.Verdict.Directions.Where(direction => !direction.Allowed).Select(PolicyText.Long)), Tone.Reason),
    ];
}
