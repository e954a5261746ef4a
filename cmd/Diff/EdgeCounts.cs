using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>What an edge of a map counted.</summary>
/// <param name="Reasons">Of dropped connections, most frequent first; null for none.</param>
internal sealed record EdgeCounts(ulong Forwarded, ulong Dropped, ulong BytesToServer, ulong BytesToClient, DropFields[]? Reasons)
{
    public ulong Bytes => Sum(BytesToServer, BytesToClient);

    public static EdgeCounts Of(EdgeFields edge) =>
        new(edge.Forwarded, edge.Dropped, edge.BytesToServer, edge.BytesToClient, edge.DropReasons);

    /// <summary>Of two edges that are one for this comparison.</summary>
    public EdgeCounts Add(EdgeCounts other) => new(
        Sum(Forwarded, other.Forwarded),
        Sum(Dropped, other.Dropped),
        Sum(BytesToServer, other.BytesToServer),
        Sum(BytesToClient, other.BytesToClient),
        (Reasons ?? []).Concat(other.Reasons ?? [])
            .GroupBy(drop => (drop.Reason, drop.Detail))
            .Select(group => new DropFields(group.Key.Reason, group.Key.Detail, group.Select(drop => drop.Count).Aggregate(0UL, Sum)))
            .OrderByDescending(drop => drop.Count).ToArray() is { Length: > 0 } reasons ? reasons : null);

    // A file may hold any number.
    private static ulong Sum(ulong a, ulong b) => a > ulong.MaxValue - b ? ulong.MaxValue : a + b;
}
