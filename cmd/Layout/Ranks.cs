namespace Depmap.Plugin.Layout;

/// <summary>Assigns each node a rank (a column), so that edges lead to higher ranks and are short.</summary>
internal static class Ranks
{
    private const int MaxPasses = 12;

    /// <param name="reversed">From <see cref="CycleBreaker"/>.</param>
    public static int[] Of(LayoutGraph graph, bool[] reversed)
    {
        int count = graph.Nodes.Count;
        var before = new List<(int Node, int Weight)>[count];
        var after = new List<(int Node, int Weight)>[count];
        for (int node = 0; node < count; node++)
            (before[node], after[node]) = ([], []);
        for (int i = 0; i < graph.Edges.Count; i++)
        {
            (int source, int target) = reversed[i] ? (graph.Edges[i].Target, graph.Edges[i].Source) : graph.Edges[i].Ends();
            if (source == target)
                continue;
            // Edges of a group are kept short, so that its box is small.
            int group = graph.Nodes[source].Group;
            int weight = group >= 0 && group == graph.Nodes[target].Group ? 3 : 1;
            before[target].Add((source, weight));
            after[source].Add((target, weight));
        }

        int[] order = TopologicalOrder(before, after);
        var rank = new int[count];
        foreach (int node in order)
        {
            foreach ((int target, _) in after[node])
                rank[target] = Math.Max(rank[target], rank[node] + 1);
        }

        Shorten(order, before, after, rank);
        return Normalized(rank);
    }

    private static int[] TopologicalOrder(List<(int Node, int Weight)>[] before, List<(int Node, int Weight)>[] after)
    {
        int[] waiting = [.. before.Select(list => list.Count)];
        var order = new List<int>(before.Length);
        order.AddRange(Enumerable.Range(0, before.Length).Where(node => waiting[node] == 0));
        for (int i = 0; i < order.Count; i++)
        {
            foreach ((int target, _) in after[order[i]])
            {
                if (--waiting[target] == 0)
                    order.Add(target);
            }
        }

        return [.. order];
    }

    // Moves each node as far as its edges allow to the side where it has more of them.
    private static void Shorten(
        int[] order, List<(int Node, int Weight)>[] before, List<(int Node, int Weight)>[] after, int[] rank)
    {
        int last = rank.Length > 0 ? rank.Max() : 0;
        bool moved = true;
        for (int pass = 0; moved && pass < MaxPasses; pass++)
        {
            moved = false;
            foreach (int node in pass % 2 == 0 ? order.AsEnumerable().Reverse() : order)
            {
                if (before[node].Count + after[node].Count == 0)
                    continue;
                int lowest = before[node].Count == 0 ? 0 : before[node].Max(end => rank[end.Node]) + 1;
                int highest = after[node].Count == 0 ? last : after[node].Min(end => rank[end.Node]) - 1;
                int pull = after[node].Sum(end => end.Weight) - before[node].Sum(end => end.Weight);
                int best = pull > 0 ? highest : pull < 0 ? lowest : rank[node];
                moved |= best != rank[node];
                rank[node] = best;
            }
        }
    }

    private static int[] Normalized(int[] rank)
    {
        int[] used = [.. rank.Distinct().Order()];
        return [.. rank.Select(value => Array.BinarySearch(used, value))];
    }

    private static (int Source, int Target) Ends(this LayoutEdge edge) => (edge.Source, edge.Target);
}
