using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// The ends of edges as tables name them, so that no two rows look the same: where a service and a workload have one name, both rows
/// name the kind.
/// </summary>
internal static class EdgeLabels
{
    public static (string Client, string Server)[] Of(IReadOnlyList<Edge> edges)
    {
        var labels = new (string Client, string Server)[edges.Count];
        for (int i = 0; i < edges.Count; i++)
            labels[i] = Label(edges[i], EndpointText.Edge);
        foreach (int i in Repeated(edges, labels))
            labels[i] = Label(edges[i], EndpointText.EdgeWithKind);
        var seen = new HashSet<(string, string, Protocol, uint)>();
        for (int i = 0; i < edges.Count; i++)
        {
            // Ends with one name after control characters were escaped, or from newer relays.
            (string client, string server) = labels[i];
            for (int number = 2; !seen.Add(Row(edges[i], labels[i])); number++)
                labels[i] = (client, $"{server}({number})");
        }

        return labels;
    }

    private static int[] Repeated(IReadOnlyList<Edge> edges, (string Client, string Server)[] labels) =>
    [
        .. Enumerable.Range(0, edges.Count).GroupBy(i => Row(edges[i], labels[i]))
            .Where(rows => rows.Skip(1).Any()).SelectMany(rows => rows),
    ];

    private static (string, string, Protocol, uint) Row(Edge edge, (string Client, string Server) label) =>
        (label.Client, label.Server, edge.Protocol, edge.Destination?.Port ?? 0);

    private static (string Client, string Server) Label(Edge edge, Func<Endpoint?, bool, string> name)
    {
        string mark = edge.Probe ? "(probe)" : edge.Depmap ? "(depmap)" : "";
        return (
            PlainText.Word(name(edge.Source, edge.MoreAddresses)) + mark,
            PlainText.Word(name(edge.Destination, edge.MoreAddresses)));
    }
}
