namespace Depmap.Plugin.Layout;

/// <summary>A graph whose edges all lead from one rank to the next: long edges have a bend in each rank that they pass.</summary>
internal sealed class LayeredGraph
{
    /// <summary>Crossing the border of a box counts as so many crossings.</summary>
    private const int BorderWeight = 3;

    private readonly List<Vertex> _vertices = [];
    private readonly List<List<int>> _left = [];
    private readonly List<List<int>> _right = [];

    /// <param name="reversed">From <see cref="CycleBreaker"/>.</param>
    /// <param name="ranks">From <see cref="Ranks"/>.</param>
    public LayeredGraph(LayoutGraph graph, bool[] reversed, int[] ranks)
    {
        GroupCount = graph.GroupCount;
        RankCount = ranks.Length > 0 ? ranks.Max() + 1 : 0;
        for (int node = 0; node < ranks.Length; node++)
            Add(new Vertex(VertexKind.Node, ranks[node], graph.Nodes[node].Group, graph.Nodes[node].Height));
        (First, Last) = GroupSpans(graph, ranks);
        Chains =
        [
            .. graph.Edges.Select((edge, i) => reversed[i] ? Chain(edge.Target, edge.Source) : Chain(edge.Source, edge.Target)),
        ];
        for (int group = 0; group < GroupCount; group++)
            AddBorders(group);
    }

    public int GroupCount { get; }

    public int RankCount { get; }

    /// <summary>The first rank of each group; -1 for a group without nodes.</summary>
    public int[] First { get; }

    /// <summary>The last rank of each group.</summary>
    public int[] Last { get; }

    /// <summary>The vertices of each edge from left to right; empty for a loop.</summary>
    public IReadOnlyList<int[]> Chains { get; }

    /// <summary>The nodes first, by their indexes.</summary>
    public IReadOnlyList<Vertex> Vertices => _vertices;

    /// <summary>The neighbours in the previous rank.</summary>
    public IReadOnlyList<int> Left(int vertex) => _left[vertex];

    /// <summary>The neighbours in the next rank.</summary>
    public IReadOnlyList<int> Right(int vertex) => _right[vertex];

    /// <summary>What a crossing of the edges of this vertex counts.</summary>
    public int Weight(int vertex) => _vertices[vertex].IsBorder ? BorderWeight : 1;

    private static (int[] First, int[] Last) GroupSpans(LayoutGraph graph, int[] ranks)
    {
        var first = new int[graph.GroupCount];
        var last = new int[graph.GroupCount];
        Array.Fill(first, -1);
        Array.Fill(last, -1);
        for (int node = 0; node < ranks.Length; node++)
        {
            int group = graph.Nodes[node].Group;
            if (group < 0)
                continue;
            first[group] = first[group] < 0 ? ranks[node] : Math.Min(first[group], ranks[node]);
            last[group] = Math.Max(last[group], ranks[node]);
        }

        return (first, last);
    }

    private int[] Chain(int source, int target)
    {
        if (source == target)
            return [];
        (Vertex from, Vertex to) = (_vertices[source], _vertices[target]);
        var chain = new int[to.Rank - from.Rank + 1];
        (chain[0], chain[^1]) = (source, target);
        for (int i = 1; i < chain.Length - 1; i++)
            chain[i] = Add(new Vertex(VertexKind.Bend, from.Rank + i, BendGroup(from, to, from.Rank + i), 0));
        for (int i = 1; i < chain.Length; i++)
            Connect(chain[i - 1], chain[i]);
        return chain;
    }

    // An edge leaves the box of its source, and enters that of its target, at the box's left or right side.
    private int BendGroup(Vertex from, Vertex to, int rank)
    {
        bool inSource = from.Group >= 0 && rank <= Last[from.Group];
        bool inTarget = to.Group >= 0 && rank >= First[to.Group];
        if (inSource && inTarget)
            return rank - from.Rank <= to.Rank - rank ? from.Group : to.Group;
        return inSource ? from.Group : inTarget ? to.Group : -1;
    }

    private void AddBorders(int group)
    {
        if (First[group] < 0)
            return;
        (int top, int bottom) = (-1, -1);
        for (int rank = First[group]; rank <= Last[group]; rank++)
        {
            int nextTop = Add(new Vertex(VertexKind.Top, rank, group, 0));
            int nextBottom = Add(new Vertex(VertexKind.Bottom, rank, group, 0));
            if (top >= 0)
            {
                Connect(top, nextTop);
                Connect(bottom, nextBottom);
            }

            (top, bottom) = (nextTop, nextBottom);
        }
    }

    private int Add(Vertex vertex)
    {
        _vertices.Add(vertex);
        _left.Add([]);
        _right.Add([]);
        return _vertices.Count - 1;
    }

    private void Connect(int left, int right)
    {
        _right[left].Add(right);
        _left[right].Add(left);
    }
}
