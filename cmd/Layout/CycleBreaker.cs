namespace Depmap.Plugin.Layout;

/// <summary>Decides which edges are reversed so that no cycle is left. Only edges of a cycle are, and few of them.</summary>
/// <remarks>
/// The greedy order of Eades, Lin and Smyth ("A fast and effective heuristic for the feedback arc set problem", 1993), within each strongly
/// connected component.
/// </remarks>
internal static class CycleBreaker
{
    /// <returns>For each edge, whether it is reversed. Loops are not.</returns>
    public static bool[] Reversed(LayoutGraph graph)
    {
        int[] component = StrongComponents.Of(graph);
        var inner = graph.Edges
            .Select((edge, index) => (edge.Source, edge.Target, index))
            .Where(edge => edge.Source != edge.Target && component[edge.Source] == component[edge.Target])
            .ToList();
        var reversed = new bool[graph.Edges.Count];
        if (inner.Count == 0)
            return reversed;

        int[] place = GreedyOrder(graph.Nodes.Count, inner);
        foreach ((int source, int target, int index) in inner)
            reversed[index] = place[source] > place[target];
        return reversed;
    }

    private static int[] GreedyOrder(int count, List<(int Source, int Target, int Index)> edges)
    {
        List<int>[] from = Lists(count);
        List<int>[] to = Lists(count);
        var outgoing = new int[count];
        var incoming = new int[count];
        foreach ((int source, int target, _) in edges)
        {
            from[target].Add(source);
            to[source].Add(target);
            outgoing[source]++;
            incoming[target]++;
        }

        var place = new int[count];
        int first = 0;
        int last = count - 1;
        var left = new SortedSet<int>(edges.SelectMany(edge => (int[])[edge.Source, edge.Target]));
        while (left.Count > 0)
        {
            int sink = -1;
            int best = -1;
            foreach (int node in left)
            {
                if (outgoing[node] == 0)
                    sink = node;
                if (best < 0 || Rating(node) > Rating(best))
                    best = node;
            }

            int next = sink >= 0 ? sink : best;
            place[next] = sink >= 0 ? last-- : first++;
            left.Remove(next);
            foreach (int source in from[next])
                outgoing[source]--;
            foreach (int target in to[next])
                incoming[target]--;
        }

        return place;

        // A node that nothing left calls comes first.
        int Rating(int node) => incoming[node] == 0 ? int.MaxValue : outgoing[node] - incoming[node];
    }

    private static List<int>[] Lists(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<int>())];
}
