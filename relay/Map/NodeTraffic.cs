namespace Depmap.Relay.Map;

/// <summary>The counters of the flows of one edge between two nodes.</summary>
internal sealed class NodeTraffic(NodePair nodes)
{
    public NodePair Nodes { get; } = nodes;

    public EdgeCounts Counts { get; } = new();
}
