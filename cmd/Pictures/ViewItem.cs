namespace Depmap.Plugin.Pictures;

/// <summary>What a view draws as one node: a node of the graph, or a folded group.</summary>
/// <param name="Node">The node's index in the graph; -1 for a folded group.</param>
/// <param name="Folded">The folded group's index in the graph; -1 for a node.</param>
/// <param name="Box">The group in whose box it is drawn; -1 if none.</param>
internal sealed record ViewItem(string Name, string Detail, GraphNodeKind Kind, int Node, int Folded, int Box);
