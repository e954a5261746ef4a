using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>Follows edges: who depends on an end, and on what an end depends. Cycles end where they began.</summary>
internal static class Reach
{
    /// <summary>The edges by which something reaches an end, in the order of the map.</summary>
    /// <param name="edges">The map.</param>
    /// <param name="isEnd">Which ends are meant.</param>
    /// <param name="depth">Maximum number of edges in a row.</param>
    public static List<Edge> To(IReadOnlyList<Edge> edges, Func<EndIdentity, bool> isEnd, int depth) => Follow(
        edges,
        edges.SelectMany(EndIdentity.Served).Distinct().Where(isEnd),
        EndIdentity.Served,
        edge => [EndIdentity.Of(edge.Source)],
        depth);

    /// <summary>The edges by which an end reaches something. A service depends on what the workloads behind it call.</summary>
    /// <inheritdoc cref="To"/>
    public static List<Edge> From(IReadOnlyList<Edge> edges, Func<EndIdentity, bool> isEnd, int depth)
    {
        HashSet<EndIdentity> start = [.. edges.Select(edge => EndIdentity.Of(edge.Source)).Distinct().Where(isEnd)];
        foreach (Edge edge in edges)
        {
            if (edge.Destination is { Service.Length: > 0 } && isEnd(EndIdentity.Of(edge.Destination)))
                start.UnionWith(EndIdentity.Served(edge));
        }

        return Follow(edges, start, edge => [EndIdentity.Of(edge.Source)], EndIdentity.Served, depth);
    }

    private static List<Edge> Follow(
        IReadOnlyList<Edge> edges,
        IEnumerable<EndIdentity> start,
        Func<Edge, IEnumerable<EndIdentity>> enter,
        Func<Edge, IEnumerable<EndIdentity>> leave,
        int depth)
    {
        var byEnd = new Dictionary<EndIdentity, List<int>>();
        for (int i = 0; i < edges.Count; i++)
        {
            foreach (EndIdentity end in enter(edges[i]))
            {
                if (!byEnd.TryGetValue(end, out List<int>? list))
                    byEnd.Add(end, list = []);
                list.Add(i);
            }
        }

        var found = new SortedSet<int>();
        HashSet<EndIdentity> visited = [.. start];
        List<EndIdentity> next = [.. visited];
        for (int step = 0; step < depth && next.Count > 0; step++)
        {
            int[] entered = [.. next.SelectMany(end => byEnd.GetValueOrDefault(end, []))];
            found.UnionWith(entered);
            next = [.. entered.SelectMany(i => leave(edges[i])).Where(visited.Add)];
        }

        return [.. found.Select(i => edges[i])];
    }
}
