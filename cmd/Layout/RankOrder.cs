namespace Depmap.Plugin.Layout;

/// <summary>
/// The order of the vertices in each rank. A group's vertices stand together between its borders, and groups have the same order in all
/// ranks, so that their boxes do not overlap.
/// </summary>
internal sealed class RankOrder
{
    private readonly LayeredGraph _graph;
    private readonly int[] _place;
    private readonly int[] _top;
    private readonly int[] _bottom;
    private readonly CrossingCount _count = new();

    /// <param name="first">All vertices but borders, in an order to begin with.</param>
    /// <param name="groups">The groups, from top to bottom.</param>
    public RankOrder(LayeredGraph graph, IEnumerable<int> first, int[] groups)
    {
        _graph = graph;
        Groups = groups;
        _place = new int[graph.Vertices.Count];
        Layers = new int[graph.RankCount][];
        (_top, _bottom) = Borders(graph);
        var members = new List<int>[graph.RankCount];
        for (int rank = 0; rank < members.Length; rank++)
            members[rank] = [];
        foreach (int vertex in first)
            members[graph.Vertices[vertex].Rank].Add(vertex);
        for (int rank = 0; rank < Layers.Length; rank++)
            Layers[rank] = Blocks(rank, members[rank]);
        Number();
    }

    private RankOrder(RankOrder other)
    {
        _graph = other._graph;
        _top = other._top;
        _bottom = other._bottom;
        _place = [.. other._place];
        Groups = [.. other.Groups];
        Layers = [.. other.Layers.Select(layer => layer.ToArray())];
    }

    public LayeredGraph Graph => _graph;

    /// <summary>The vertices of each rank, from top to bottom.</summary>
    public int[][] Layers { get; }

    /// <summary>The groups, from top to bottom.</summary>
    public int[] Groups { get; }

    /// <summary>The place of each vertex in its rank.</summary>
    public int[] Place => _place;

    public RankOrder Copy() => new(this);

    /// <summary>The upper border of a group in a rank that its box spans.</summary>
    public int Top(int group, int rank) => _top[group] + (2 * (rank - _graph.First[group]));

    public int Bottom(int group, int rank) => _bottom[group] + (2 * (rank - _graph.First[group]));

    public bool Spans(int group, int rank) => _graph.First[group] >= 0 && _graph.First[group] <= rank && rank <= _graph.Last[group];

    public void Number(int rank)
    {
        int[] layer = Layers[rank];
        for (int i = 0; i < layer.Length; i++)
            _place[layer[i]] = i;
    }

    public long Crossings()
    {
        long sum = 0;
        for (int rank = 1; rank < Layers.Length; rank++)
            sum += CrossingsBefore(rank);
        return sum;
    }

    /// <summary>The crossings between a rank and the previous one.</summary>
    private long CrossingsBefore(int rank)
    {
        foreach (int left in Layers[rank - 1])
        {
            int weight = _graph.Weight(left);
            foreach (int right in _graph.Right(left))
                _count.Add(_place[left], _place[right], weight);
        }

        return _count.Take(Layers[rank].Length);
    }

    /// <summary>Arranges the groups of all ranks as <see cref="Groups"/> says, and leaves the other vertices where they are.</summary>
    public void Regroup()
    {
        for (int rank = 0; rank < Layers.Length; rank++)
            Layers[rank] = Blocks(rank, [.. Layers[rank].Where(vertex => !_graph.Vertices[vertex].IsBorder)]);
        Number();
    }

    private void Number()
    {
        for (int rank = 0; rank < Layers.Length; rank++)
            Number(rank);
    }

    // A vertex without a group keeps its distance from the start: as many groups are above it as began before it.
    private int[] Blocks(int rank, List<int> vertices)
    {
        int[] present = [.. Groups.Where(group => Spans(group, rank))];
        ILookup<int, int> members = vertices.ToLookup(vertex => _graph.Vertices[vertex].Group);
        var layer = new List<int>(vertices.Count + (2 * present.Length));
        var begun = new HashSet<int>();
        int written = 0;
        foreach (int vertex in vertices)
        {
            int group = _graph.Vertices[vertex].Group;
            if (group >= 0)
            {
                if (begun.Add(group))
                    Write(present[written++]);
                continue;
            }

            layer.Add(vertex);
        }

        while (written < present.Length)
            Write(present[written++]);
        return [.. layer];

        void Write(int group)
        {
            layer.Add(Top(group, rank));
            layer.AddRange(members[group]);
            layer.Add(Bottom(group, rank));
        }
    }

    private static (int[] Top, int[] Bottom) Borders(LayeredGraph graph)
    {
        var top = new int[graph.GroupCount];
        var bottom = new int[graph.GroupCount];
        for (int vertex = graph.Vertices.Count - 1; vertex >= 0; vertex--)
        {
            Vertex value = graph.Vertices[vertex];
            if (value.Kind == VertexKind.Top)
                top[value.Group] = vertex;
            else if (value.Kind == VertexKind.Bottom)
                bottom[value.Group] = vertex;
        }

        return (top, bottom);
    }
}
