namespace Depmap.Plugin.Layout;

/// <summary>Exchanges neighbours in a rank, as long as that saves crossings: two vertices, or a vertex and a whole group.</summary>
internal sealed class Transposition(RankOrder order)
{
    private const int MaxPasses = 8;

    private readonly int[][] _left = new int[order.Graph.Vertices.Count][];
    private readonly int[][] _right = new int[order.Graph.Vertices.Count][];

    public void Run(int maxRounds)
    {
        bool improved = true;
        for (int round = 0; improved && round < maxRounds; round++)
        {
            improved = false;
            for (int rank = 0; rank < order.Layers.Length; rank++)
                improved |= Improve(rank);
        }
    }

    private bool Improve(int rank)
    {
        int[] layer = order.Layers[rank];
        foreach (int vertex in layer)
        {
            _left[vertex] = Sorted(order.Graph.Left(vertex));
            _right[vertex] = Sorted(order.Graph.Right(vertex));
        }

        bool improved = false;
        bool changed = true;
        for (int pass = 0; changed && pass < MaxPasses; pass++)
        {
            changed = false;
            for (int i = 0; i + 1 < layer.Length; i++)
                changed |= Exchange(rank, layer, i);
            improved |= changed;
        }

        if (improved)
            order.Number(rank);
        return improved;
    }

    private bool Exchange(int rank, int[] layer, int i)
    {
        (Vertex one, Vertex other) = (order.Graph.Vertices[layer[i]], order.Graph.Vertices[layer[i + 1]]);
        if (!one.IsBorder && !other.IsBorder)
            return one.Group == other.Group && Exchange(layer, i, 1, 1);
        // A vertex outside, and the box below or above it.
        if (one.Group < 0 && other.Kind == VertexKind.Top)
            return Exchange(layer, i, 1, Length(layer, i + 1, order.Bottom(other.Group, rank)));
        if (one.Kind == VertexKind.Bottom && other.Group < 0)
        {
            int top = Array.IndexOf(layer, order.Top(one.Group, rank), 0, i + 1);
            return Exchange(layer, top, i - top + 1, 1);
        }

        return false;
    }

    private static int Length(int[] layer, int start, int last) => Array.IndexOf(layer, last, start) - start + 1;

    private bool Exchange(int[] layer, int start, int above, int below)
    {
        long saved = 0;
        foreach (int one in layer.AsSpan(start, above))
        {
            foreach (int other in layer.AsSpan(start + above, below))
                saved += Saved(one, other);
        }

        if (saved <= 0)
            return false;
        int[] moved = layer[start..(start + above)];
        Array.Copy(layer, start + above, layer, start, below);
        moved.CopyTo(layer, start + below);
        return true;
    }

    /// <summary>How many crossings are saved when the lower of two vertices goes above the other.</summary>
    private long Saved(int above, int below) =>
        (long)order.Graph.Weight(above) * order.Graph.Weight(below)
        * (Inversions(_left[above], _left[below]) + Inversions(_right[above], _right[below]));

    // Pairs in the wrong order less pairs in the right one.
    private static long Inversions(int[] above, int[] below)
    {
        long result = 0;
        int less = 0;
        int lessOrEqual = 0;
        foreach (int place in above)
        {
            while (less < below.Length && below[less] < place)
                less++;
            while (lessOrEqual < below.Length && below[lessOrEqual] <= place)
                lessOrEqual++;
            result += less - (below.Length - lessOrEqual);
        }

        return result;
    }

    private int[] Sorted(IReadOnlyList<int> vertices)
    {
        var places = new int[vertices.Count];
        for (int i = 0; i < places.Length; i++)
            places[i] = order.Place[vertices[i]];
        Array.Sort(places);
        return places;
    }
}
