using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>
/// The map as nodes, groups and lines. A service and its workload are one node, so that a chain of calls is connected; the ports of two
/// nodes share a line.
/// </summary>
internal sealed class MapGraph
{
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphGroup> _groups = [];
    private readonly List<GraphLine> _lines = [];

    private MapGraph()
    {
    }

    public IReadOnlyList<GraphNode> Nodes => _nodes;

    public IReadOnlyList<GraphGroup> Groups => _groups;

    public IReadOnlyList<GraphLine> Lines => _lines;

    public static MapGraph Of(IReadOnlyList<Edge> edges)
    {
        var graph = new MapGraph();
        NodeKey[] sources = [.. edges.Select(edge => NodeKey.Of(edge.Source))];
        NodeKey[] targets = [.. edges.Select(edge => NodeKey.Of(edge.Destination))];
        // A service whose workload another edge knows, because it has no endpoint just now.
        Dictionary<NodeKey, NodeKey> workloads = [];
        for (int i = 0; i < edges.Count; i++)
        {
            if (NodeKey.OfService(edges[i].Destination) is { } service && service != targets[i])
                workloads.TryAdd(service, targets[i]);
        }

        for (int i = 0; i < edges.Count; i++)
            targets[i] = workloads.GetValueOrDefault(targets[i], targets[i]);

        var servers = targets.ToHashSet();
        ILookup<NodeKey, Edge> incoming = Enumerable.Range(0, edges.Count).ToLookup(i => targets[i], i => edges[i]);
        Dictionary<NodeKey, int> index = [];
        // Sorted, so that the picture does not depend on the order of the edges.
        foreach (NodeKey key in sources.Concat(targets).Distinct().Order())
        {
            index[key] = graph._nodes.Count;
            graph._nodes.Add(new GraphNode(key.Name, Detail(key, incoming[key]), key.Kind, graph.GroupOf(key, servers.Contains(key))));
        }

        IEnumerable<IGrouping<(int Source, int Target), int>> lines = Enumerable.Range(0, edges.Count)
            .GroupBy(i => (Source: index[sources[i]], Target: index[targets[i]]))
            .OrderBy(line => line.Key);
        foreach (IGrouping<(int Source, int Target), int> line in lines)
            graph._lines.Add(new GraphLine(line.Key.Source, line.Key.Target, [.. line.Select(i => edges[i])]));
        return graph;
    }

    /// <summary>Whether both are drawn alike: they differ in counts only.</summary>
    public bool HasShapeOf(MapGraph other) => _nodes.SequenceEqual(other._nodes) && _groups.SequenceEqual(other._groups)
        && _lines.Count == other._lines.Count && _lines.Zip(other._lines).All(pair => HasShapeOf(pair.First, pair.Second));

    private static bool HasShapeOf(GraphLine line, GraphLine other) => line.Source == other.Source && line.Target == other.Target
        && line.Edges.Count == other.Edges.Count
        && line.Edges.Zip(other.Edges).All(pair => IdentityOf(pair.First) == IdentityOf(pair.Second));

    // Without what is counted, such as the addresses of a group.
    private static (EndIdentity Source, EndIdentity Destination, Protocol Protocol, uint Port, bool IsProbe, bool IsOwn) IdentityOf(
        Edge edge) =>
        (EndIdentity.Of(edge.Source), EndIdentity.Of(edge.Destination), edge.Protocol, edge.Destination?.Port ?? 0, edge.Probe,
            edge.Depmap);

    private static string Detail(NodeKey key, IEnumerable<Edge> incoming)
    {
        uint[] ports = [.. incoming.Select(edge => edge.Destination?.Port ?? 0).Where(port => port > 0).Distinct().Order()];
        string called = ports.Length > 4 ? $"{string.Join(", ", ports[..3])}, …" : string.Join(", ", ports);
        return string.Join(" · ", ((string[])[key.Type, called]).Where(text => text.Length > 0));
    }

    private int GroupOf(NodeKey key, bool isServer)
    {
        GraphGroup? group = key.Kind switch
        {
            GraphNodeKind.Workload when key.Namespace.Length > 0 => new GraphGroup(key.Namespace, GraphGroupKind.Namespace),
            GraphNodeKind.Host => new GraphGroup("nodes", GraphGroupKind.Hosts),
            GraphNodeKind.Outside when isServer => new GraphGroup("outside: servers", GraphGroupKind.OutsideServers),
            GraphNodeKind.Outside => new GraphGroup("outside: clients", GraphGroupKind.OutsideClients),
            _ => null,
        };
        if (group is null)
            return -1;
        int index = _groups.IndexOf(group);
        if (index >= 0)
            return index;
        _groups.Add(group);
        return _groups.Count - 1;
    }
}
