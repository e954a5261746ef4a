namespace Depmap.Plugin.Layout;

/// <summary>The left and right side of each rank's column.</summary>
internal sealed class Columns
{
    private readonly (double Left, double Right)[] _sides;

    public Columns(LayoutGraph graph, LayeredGraph layered)
    {
        var widths = new double[layered.RankCount];
        var lines = new int[layered.RankCount];
        for (int node = 0; node < graph.Nodes.Count; node++)
        {
            int rank = layered.Vertices[node].Rank;
            widths[rank] = Math.Max(widths[rank], graph.Nodes[node].Width);
        }

        for (int vertex = 0; vertex < layered.Vertices.Count; vertex++)
        {
            if (!layered.Vertices[vertex].IsBorder)
                lines[layered.Vertices[vertex].Rank] += layered.Left(vertex).Count;
        }

        _sides = new (double, double)[widths.Length];
        double left = Spacing.Margin + Spacing.Padding;
        for (int rank = 0; rank < widths.Length; rank++)
        {
            left += rank == 0 ? 0 : Math.Min(Spacing.BetweenColumns + lines[rank], Spacing.MaxBetweenColumns);
            _sides[rank] = (left, left + widths[rank]);
            left += widths[rank];
        }
    }

    public double Left(int rank) => _sides[rank].Left;

    public double Right(int rank) => _sides[rank].Right;

    public double Middle(int rank) => (_sides[rank].Left + _sides[rank].Right) / 2;
}
