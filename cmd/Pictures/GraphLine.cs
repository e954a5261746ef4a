using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>All edges between two nodes: one line of a picture.</summary>
/// <param name="Source">The index of the client.</param>
/// <param name="Target">The index of the server.</param>
internal sealed record GraphLine(int Source, int Target, IReadOnlyList<Edge> Edges)
{
    public Traffic Traffic => Traffic.Of(Edges);
}
