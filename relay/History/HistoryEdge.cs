using Depmap.Relay.Map;
using Depmap.V1;

namespace Depmap.Relay.History;

/// <summary>What an edge counted in a period, collected from its pairs of nodes.</summary>
internal sealed class HistoryEdge(EdgeKey key)
{
    private readonly Dictionary<NodePair, EdgeCounts> _pairs = [];
    private long _firstSeen = long.MaxValue, _lastSeen;
    private string? _workload;

    /// <summary>Whether nothing is left of it: its flows belong to other edges.</summary>
    public bool IsEmpty => Total() is { Forwarded: <= 0, Dropped: <= 0, BytesToServer: <= 0, BytesToClient: <= 0 };

    /// <param name="firstSeen">Unix nanoseconds.</param>
    /// <param name="lastSeen">Unix nanoseconds.</param>
    /// <param name="workload">The one workload behind a service; null if it is not known, empty if there are several.</param>
    public void Add(in NodePair nodes, EdgeCounts counts, long firstSeen, long lastSeen, string? workload)
    {
        if (!_pairs.TryGetValue(nodes, out EdgeCounts? sum))
            _pairs.Add(nodes, sum = new EdgeCounts());
        sum.Add(counts);
        _firstSeen = Math.Min(_firstSeen, firstSeen);
        _lastSeen = Math.Max(_lastSeen, lastSeen);
        _workload = _workload is null || workload is null || _workload == workload ? workload ?? _workload : "";
    }

    /// <param name="withNodes">Also the traffic by pairs of nodes.</param>
    /// <param name="live">The edge as it is on the map, where the addresses of groups are counted; null if it is not there.</param>
    /// <param name="isOlder">Whether the period began before the map.</param>
    public V1.Edge ToMessage(bool withNodes, V1.Edge? live, bool isOlder)
    {
        EdgeCounts total = Total();
        bool hasMore = key.HasGroup && (isOlder || live is not { MoreAddresses: false });
        var message = new V1.Edge
        {
            Source = live?.Source ?? Map.Edge.ToMessage(key.Client, addresses: null),
            Destination = live?.Destination ?? Map.Edge.ToMessage(key.Server, addresses: null),
            Protocol = key.Protocol,
            Forwarded = EdgeCounts.NotNegative(total.Forwarded),
            Dropped = EdgeCounts.NotNegative(total.Dropped),
            BytesToServer = EdgeCounts.NotNegative(total.BytesToServer),
            BytesToClient = EdgeCounts.NotNegative(total.BytesToClient),
            HandshakeMeanNs = total.HandshakeMeanNs,
            Handshakes = EdgeCounts.NotNegative(total.Handshakes),
            FirstSeenUnixNs = _firstSeen,
            LastSeenUnixNs = _lastSeen,
            Guessed = total.Guessed > 0 && total.Guessed == total.Forwarded + total.Dropped,
            Probe = key.Probe,
            Depmap = key.Own,
            BytesWithinZone = ZoneBytes(crosses: false),
            BytesAcrossZones = ZoneBytes(crosses: true),
            Multicast = key.Server.Kind == EndKind.Multicast,
            MoreAddresses = hasMore,
        };
        // The address of a group is its only one.
        if (hasMore && key.Client.IsGroup)
            message.Source.Ip = "";
        if (hasMore && key.Server.IsGroup)
            message.Destination.Ip = "";
        message.Destination.Port = key.Port;
        if (key.Server.Kind == EndKind.Service)
            message.Destination.Workload = _workload ?? "";
        message.Drops.Add(total.ToDropMessages());
        if (withNodes)
            message.Nodes.Add(_pairs.Where(pair => !pair.Value.IsZero).Select(pair => pair.Value.ToMessage(pair.Key)));
        return message;
    }

    private ulong ZoneBytes(bool crosses) => EdgeCounts.NotNegative(_pairs
        .Where(pair => pair.Key.CrossesZones == crosses).Sum(pair => pair.Value.BytesToServer + pair.Value.BytesToClient));

    private EdgeCounts Total()
    {
        var total = new EdgeCounts();
        foreach (EdgeCounts counts in _pairs.Values)
            total.Add(counts);
        return total;
    }
}
