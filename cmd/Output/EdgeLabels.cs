using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The ends of edges as tables name them.</summary>
internal static class EdgeLabels
{
    public static (string Client, string Server)[] Of(IReadOnlyList<Edge> edges) =>
        RowLabels.Of(edges, Label, edge => (edge.Protocol, edge.Destination?.Port ?? 0));

    private static (string Client, string Server) Label(Edge edge, bool withKind)
    {
        Func<Endpoint?, bool, string> name = withKind ? EndpointText.EdgeWithKind : EndpointText.Edge;
        string mark = edge.Probe ? "(probe)" : edge.Depmap ? "(depmap)" : "";
        return (
            PlainText.Word(name(edge.Source, edge.MoreAddresses)) + mark,
            PlainText.Word(name(edge.Destination, edge.MoreAddresses)));
    }
}
