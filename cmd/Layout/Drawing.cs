namespace Depmap.Plugin.Layout;

/// <summary>A point of a drawing. The origin is at the top left.</summary>
internal readonly record struct Point(double X, double Y);

/// <summary>A rectangle of a drawing. X and Y are its top left corner.</summary>
internal readonly record struct Box(double X, double Y, double Width, double Height)
{
    public double Right => X + Width;

    public double Bottom => Y + Height;
}

/// <summary>The way of an edge from its source to its target.</summary>
/// <param name="Points">
/// Its first two points are joined by a straight line, the next two by a curve with horizontal ends, then by a line again, and so on.
/// Both ends lie on the border of a node. A loop has four points: of a curve from the source to itself.
/// </param>
/// <param name="IsReversed">It runs to the left, because it closes a cycle.</param>
/// <param name="IsLoop">Both ends are the same node.</param>
internal readonly record struct Route(IReadOnlyList<Point> Points, bool IsReversed, bool IsLoop);

/// <summary>The positions of a graph, in the order of its nodes, groups and edges.</summary>
/// <param name="Groups">Null for a group without nodes.</param>
internal sealed record Drawing(
    IReadOnlyList<Box> Nodes, IReadOnlyList<Box?> Groups, IReadOnlyList<Route> Routes, double Width, double Height);
