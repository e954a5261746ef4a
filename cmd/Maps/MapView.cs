using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>Which part of a map is shown, and how.</summary>
internal sealed record MapView
{
    /// <summary>Only edges from or to one of these; empty for all.</summary>
    public IReadOnlyList<ObjectReference> Objects { get; init; } = [];

    /// <summary>Only what reaches one of these.</summary>
    public IReadOnlyList<ObjectReference> To { get; init; } = [];

    /// <summary>Only what one of these reaches.</summary>
    public IReadOnlyList<ObjectReference> From { get; init; } = [];

    /// <summary>Maximum number of edges in a row.</summary>
    public int Depth { get; init; } = 1;
    public bool OnlyDropped { get; init; }
    public MapLevel Level { get; init; }
    public MapOrder Order { get; init; }

    /// <summary>Maximum number of edges; null for all.</summary>
    public int? Top { get; init; }

    public bool HasObjects => Objects.Count + To.Count + From.Count > 0;

    /// <summary>Whether the relay must send the nodes of edges.</summary>
    public bool NeedsNodes => Level is MapLevel.Node or MapLevel.Zone;

    /// <returns>The edges to show, and how many more there are.</returns>
    public (List<Edge> Edges, int Hidden) Apply(IReadOnlyList<Edge> edges)
    {
        IReadOnlyList<Edge> chosen = Choose(edges);
        if (OnlyDropped)
            chosen = [.. chosen.Where(edge => edge.Dropped > 0)];
        List<Edge> grouped = EdgeGroups.By(Level, chosen);
        if (OnlyDropped) // of the nodes of an edge, some may have no drops
            grouped.RemoveAll(edge => edge.Dropped == 0);
        List<Edge> sorted = Sort(grouped);
        int shown = Math.Min(Top ?? int.MaxValue, sorted.Count);
        return (sorted[..shown], sorted.Count - shown);
    }

    private IReadOnlyList<Edge> Choose(IReadOnlyList<Edge> edges)
    {
        if (Objects.Count > 0)
        {
            HashSet<Edge> either = new([.. Reach.To(edges, Any(Objects), Depth), .. Reach.From(edges, Any(Objects), Depth)], ByReference);
            edges = [.. edges.Where(either.Contains)];
        }

        if (To.Count > 0)
            edges = Reach.To(edges, Any(To), Depth);
        return From.Count > 0 ? Reach.From(edges, Any(From), Depth) : edges;
    }

    private static ReferenceEqualityComparer ByReference => ReferenceEqualityComparer.Instance;

    private static Func<EndIdentity, bool> Any(IReadOnlyList<ObjectReference> objects) =>
        end => objects.Any(reference => reference.Matches(end));

    private List<Edge> Sort(List<Edge> edges)
    {
        IOrderedEnumerable<Edge> sorted = Order switch
        {
            MapOrder.Bytes => edges.OrderByDescending(edge => edge.BytesToServer + edge.BytesToClient),
            MapOrder.Connections => edges.OrderByDescending(edge => edge.Forwarded + edge.Dropped),
            MapOrder.Drops => edges.OrderByDescending(edge => edge.Dropped),
            MapOrder.Latency => edges.OrderByDescending(edge => edge.HandshakeMeanNs),
            _ => edges.OrderBy(_ => 0),
        };
        return
        [
            .. sorted.ThenBy(edge => EndIdentity.Of(edge.Source), EndOrder.Instance)
                .ThenBy(edge => EndIdentity.Of(edge.Destination), EndOrder.Instance)
                .ThenBy(edge => edge.Destination?.Port ?? 0).ThenBy(edge => edge.Protocol),
        ];
    }
}
