using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>Prints differences as a table like the map's.</summary>
internal static class DiffTable
{
    public static readonly string[] Columns =
        ["CHANGE", "CLIENT", "SERVER", "PROTO", "PORT", "FORWARDED", "DROPPED", "REASONS", "BYTES"];

    private const string None = "-";

    public static string Write(IEnumerable<EdgeChange> changes) =>
        TextTable.Write([Columns, .. changes.Select(change => Cells(change).Select(PlainText.Of).ToArray())]);

    /// <summary>Counts of both maps have an arrow between them.</summary>
    public static string[] Cells(EdgeChange change) =>
    [
        change.Word,
        change.Id.Client.Text + (change.Id.Probe ? "(probe)" : change.Id.Depmap ? "(depmap)" : ""),
        change.Id.Server.Text,
        change.Id.Protocol,
        change.Id.Port > 0 ? $"{change.Id.Port}" : None,
        Both(change, counts => $"{counts.Forwarded}"),
        Both(change, counts => $"{counts.Dropped}"),
        // Those of now, if there are any.
        Reasons(change.After) ?? Reasons(change.Before) ?? None,
        Both(change, counts => Quantity.Bytes(counts.Bytes)),
    ];

    private static string Both(EdgeChange change, Func<EdgeCounts, string> text)
    {
        string before = change.Before is { } b ? text(b) : None, after = change.After is { } a ? text(a) : None;
        return before == after ? before : $"{before}→{after}";
    }

    // Details are only in the JSON output.
    private static string? Reasons(EdgeCounts? counts) => counts?.Reasons is not { Length: > 0 } reasons ? null : string.Join(
        ',', reasons.Select(drop => drop.Reason ?? "?").Distinct());
}
