using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

/// <summary>Compares two maps.</summary>
internal static class MapDiff
{
    /// <summary>Counts have changed a lot if one is so many times the other, and they differ by at least a floor.</summary>
    public const ulong Factor = 3;

    /// <summary>The floor for connections and failures.</summary>
    public const ulong ConnectionFloor = 100;

    /// <summary>The floor for the bytes of both directions.</summary>
    public const ulong ByteFloor = 1 << 20;

    /// <param name="ignored">Edges that one of these matches are left out.</param>
    /// <returns>By kind, then client, server and port; empty if the maps are equal.</returns>
    public static IReadOnlyList<EdgeChange> Compare(
        IEnumerable<EdgeFields> before, IEnumerable<EdgeFields> after, IReadOnlyCollection<IgnorePattern> ignored)
    {
        Dictionary<EdgeId, EdgeCounts> old = Index(before), current = Index(after);
        return
        [
            .. old.Keys.Union(current.Keys)
                .Where(id => !ignored.Any(pattern => pattern.Matches(id)))
                .Select(id => Compare(id, old.GetValueOrDefault(id), current.GetValueOrDefault(id)))
                .OfType<EdgeChange>()
                .OrderBy(change => change.Kind)
                .ThenBy(change => change.Id.Client.Text, StringComparer.Ordinal)
                .ThenBy(change => change.Id.Server.Text, StringComparer.Ordinal)
                .ThenBy(change => change.Id.Port)
                .ThenBy(change => change.Id.Protocol, StringComparer.Ordinal),
        ];
    }

    private static EdgeChange? Compare(EdgeId id, EdgeCounts? before, EdgeCounts? after)
    {
        ChangeKind? kind = (before, after) switch
        {
            (null, _) => ChangeKind.New,
            (_, null) => ChangeKind.Gone,
            ({ Dropped: 0 }, { Dropped: > 0 }) => ChangeKind.Failing,
            ({ Dropped: > 0 }, { Dropped: 0, Forwarded: > 0 }) => ChangeKind.Recovered,
            _ when IsFar(before.Forwarded, after.Forwarded, ConnectionFloor)
                || IsFar(before.Dropped, after.Dropped, ConnectionFloor)
                || IsFar(before.Bytes, after.Bytes, ByteFloor) => ChangeKind.Changed,
            _ => null,
        };
        return kind is { } known ? new EdgeChange(known, id, before, after) : null;
    }

    private static bool IsFar(ulong a, ulong b, ulong floor)
    {
        (ulong less, ulong more) = a < b ? (a, b) : (b, a);
        return more - less >= floor && more / Factor >= less;
    }

    private static Dictionary<EdgeId, EdgeCounts> Index(IEnumerable<EdgeFields> edges)
    {
        Dictionary<EdgeId, EdgeCounts> index = [];
        foreach (EdgeFields edge in edges)
        {
            EdgeId id = EdgeId.Of(edge);
            var counts = EdgeCounts.Of(edge);
            index[id] = index.TryGetValue(id, out EdgeCounts? known) ? known.Add(counts) : counts;
        }

        return index;
    }
}
