namespace Depmap.Plugin.Layout;

/// <summary>A node to be placed.</summary>
/// <param name="Width">In pixels, as all lengths of a drawing.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Group">The index of its group; -1 if it is in none.</param>
internal readonly record struct LayoutNode(double Width, double Height, int Group = -1);

/// <summary>An edge between two nodes, by their indexes. Both ends may be the same node.</summary>
internal readonly record struct LayoutEdge(int Source, int Target);

/// <summary>What is to be drawn: nodes, some of them in groups, and edges.</summary>
/// <param name="GroupCount">Groups have the indexes below it.</param>
internal sealed record LayoutGraph(IReadOnlyList<LayoutNode> Nodes, IReadOnlyList<LayoutEdge> Edges, int GroupCount = 0);
