namespace Depmap.Plugin.Layout;

/// <summary>Edges that must not be made straight, because they cross an edge that has priority.</summary>
internal sealed class Conflicts
{
    private readonly HashSet<(int Left, int Right)> _pairs = [];
    private readonly RankOrder _order;

    public Conflicts(RankOrder order)
    {
        _order = order;
        for (int rank = 1; rank < order.Layers.Length; rank++)
        {
            // Borders are straight, so that groups are rectangles. Long edges are straight where borders allow it.
            Mark(rank, (left, _) => Of(left).IsBorder);
            Mark(rank, (left, right) => Of(left).Kind == VertexKind.Bend && Of(right).Kind == VertexKind.Bend);
        }
    }

    public bool Contains(int left, int right) => _pairs.Contains((left, right));

    private Vertex Of(int vertex) => _order.Graph.Vertices[vertex];

    // Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001), algorithm 1.
    private void Mark(int rank, Func<int, int, bool> hasPriority)
    {
        int[] layer = _order.Layers[rank];
        int from = -1;
        int scanned = 0;
        for (int i = 0; i < layer.Length; i++)
        {
            int preferred = Preferred(layer[i], hasPriority);
            if (preferred < 0 && i < layer.Length - 1)
                continue;
            int to = preferred >= 0 ? _order.Place[preferred] : int.MaxValue;
            for (; scanned <= i; scanned++)
            {
                foreach (int left in _order.Graph.Left(layer[scanned]))
                {
                    int place = _order.Place[left];
                    if ((place < from || place > to) && !Of(left).IsBorder && !hasPriority(left, layer[scanned]))
                        _pairs.Add((left, layer[scanned]));
                }
            }

            from = preferred >= 0 ? to : from;
        }
    }

    private int Preferred(int vertex, Func<int, int, bool> hasPriority)
    {
        foreach (int left in _order.Graph.Left(vertex))
        {
            if (hasPriority(left, vertex))
                return left;
        }

        return -1;
    }
}
