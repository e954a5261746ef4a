using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>Prints differences as a table like the map's.</summary>
internal static class DiffTable
{
    private const string None = "-";

    public static IReadOnlyList<TableColumn> Columns { get; } =
    [
        new("CHANGE"), new("CLIENT", IsShortened: true), new("SERVER", IsShortened: true), new("PROTO"), new("PORT"),
        new("FORWARDED", LeftOut: 1), new("DROPPED"), new("REASONS", LeftOut: 2, IsShortened: true), new("BYTES", LeftOut: 3),
    ];

    public static string Write(IReadOnlyList<EdgeChange> changes, TableStyle style = default) =>
        TextTable.Write(Columns, Rows(changes), style);

    /// <summary>Counts of both maps have an arrow between them.</summary>
    public static List<TableCell[]> Rows(IReadOnlyList<EdgeChange> changes)
    {
        (string Client, string Server)[] labels = RowLabels.Of(changes, Label, change => (change.Id.Protocol, change.Id.Port));
        return [.. changes.Select((change, i) => Cells(change, labels[i]))];
    }

    private static TableCell[] Cells(EdgeChange change, (string Client, string Server) label)
    {
        // As in the map, an edge that fails is red as a whole.
        Tone tone = change.Kind == ChangeKind.Failing || change is { Kind: ChangeKind.New, After.Dropped: > 0 } ? Tone.Bad : Tone.Plain;
        string? reasons = Reasons(change.After) ?? Reasons(change.Before); // those of now, if there are any
        return
        [
            new(change.Word, change.Kind == ChangeKind.Recovered ? Tone.Good : tone),
            new(label.Client, tone),
            new(label.Server, tone),
            change.Id.Protocol,
            change.Id.Port > 0 ? $"{change.Id.Port}" : None,
            Both(change, counts => $"{counts.Forwarded}"),
            new(Both(change, counts => $"{counts.Dropped}"), tone),
            reasons is null ? None : new TableCell(reasons, Tone.Reason),
            Both(change, counts => Quantity.Bytes(counts.Bytes)),
        ];
    }

    private static (string Client, string Server) Label(EdgeChange change, bool withKind)
    {
        EdgeId id = change.Id;
        string mark = id.Probe ? "(probe)" : id.Depmap ? "(depmap)" : "";
        return (PlainText.Word(Name(id.Client)) + mark, PlainText.Word(Name(id.Server)));

        string Name(EndId end) => withKind ? end.TextWithKind : end.Text;
    }

    private static string Both(EdgeChange change, Func<EdgeCounts, string> text)
    {
        string before = change.Before is { } b ? text(b) : None, after = change.After is { } a ? text(a) : None;
        return before == after ? before : $"{before}→{after}";
    }

    // Details are only in the JSON output.
    private static string? Reasons(EdgeCounts? counts) => counts?.Reasons is not { Length: > 0 } reasons ? null : string.Join(
        ',', reasons.Select(drop => PlainText.Word(drop.Reason ?? "?")).Distinct());
}
