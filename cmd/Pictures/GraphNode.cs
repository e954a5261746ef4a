namespace Depmap.Plugin.Pictures;

/// <summary>A node of a picture of the map.</summary>
/// <param name="Name">Without its namespace. Free of control characters, as all texts of a graph.</param>
/// <param name="Detail">The kind of workload and the ports that are called, such as <c>Deployment · 80, 443</c>; may be empty.</param>
/// <param name="Group">The index of its group; -1 if it is in none.</param>
internal sealed record GraphNode(string Name, string Detail, GraphNodeKind Kind, int Group);
