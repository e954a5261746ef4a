namespace Depmap.Relay.Map;

/// <summary>The traffic of an edge by pairs of nodes. Bounded: further pairs share one without names.</summary>
internal sealed class EdgeNodes(Room room)
{
    /// <summary>Maximum number of pairs with names.</summary>
    public const int Max = 64;

    private readonly List<NodeTraffic> _pairs = [];
    private NodeTraffic? _others;

    public void Add(EdgeShare share, NodePair nodes)
    {
        share.CrossesZones = nodes.CrossesZones;
        share.Nodes = Find(nodes);
        share.Nodes.Counts.Add(share, 1);
    }

    public void Remove(EdgeShare share)
    {
        share.Nodes!.Counts.Add(share, -1);
        if (share.Nodes.Counts.Flows == 0 && _pairs.Remove(share.Nodes))
            room.Return(1);
    }

    public void Clear()
    {
        room.Return(_pairs.Count);
        _pairs.Clear();
    }

    public IEnumerable<V1.NodeTraffic> ToMessages() =>
        (_others is { Counts.Flows: > 0 } others ? _pairs.Append(others) : _pairs).Select(pair => pair.Counts.ToMessage(pair.Nodes));

    private NodeTraffic Find(NodePair nodes)
    {
        foreach (NodeTraffic pair in _pairs)
        {
            if (pair.Nodes == nodes)
                return pair;
        }

        if (_pairs.Count >= Max || !room.TryTake())
            return _others ??= new NodeTraffic(new NodePair("", "", "", ""));
        var added = new NodeTraffic(nodes);
        _pairs.Add(added);
        return added;
    }
}
