namespace Depmap.Plugin.Layout;

/// <summary>The strongly connected components of a graph: nodes of one component reach each other (Tarjan, 1972).</summary>
internal static class StrongComponents
{
    /// <returns>For each node, the number of its component.</returns>
    public static int[] Of(LayoutGraph graph)
    {
        int count = graph.Nodes.Count;
        ILookup<int, int> targets = graph.Edges.ToLookup(edge => edge.Source, edge => edge.Target);
        int[][] next = [.. Enumerable.Range(0, count).Select(node => targets[node].ToArray())];
        var component = new int[count];
        Array.Fill(component, -1);
        var index = new int[count];
        var lowest = new int[count];
        var edge = new int[count];
        var open = new Stack<int>();
        var path = new Stack<int>(); // instead of recursion: a chain may be long
        int visited = 0;
        int components = 0;
        for (int start = 0; start < count; start++)
        {
            if (index[start] > 0)
                continue;
            Enter(start);
            while (path.TryPeek(out int node))
            {
                if (edge[node] < next[node].Length)
                {
                    int target = next[node][edge[node]++];
                    if (index[target] == 0)
                        Enter(target);
                    else if (component[target] < 0)
                        lowest[node] = Math.Min(lowest[node], index[target]);
                    continue;
                }

                path.Pop();
                if (path.TryPeek(out int caller))
                    lowest[caller] = Math.Min(lowest[caller], lowest[node]);
                if (lowest[node] != index[node])
                    continue;
                int member;
                do
                {
                    member = open.Pop();
                    component[member] = components;
                }
                while (member != node);
                components++;
            }
        }

        return component;

        void Enter(int node)
        {
            index[node] = lowest[node] = ++visited;
            open.Push(node);
            path.Push(node);
        }
    }
}
