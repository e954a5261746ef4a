using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>The counters of one edge: sums over the shares of its flows.</summary>
/// <param name="addresses">How many addresses the groups of all edges may hold.</param>
/// <param name="pairs">How many pairs of nodes all edges may hold.</param>
internal sealed class Edge(EdgeKey key, Room addresses, Room pairs)
{
    /// <summary>The reasons come from agents, so their number must be bounded.</summary>
    private const int MaxReasons = 32;

    /// <summary>A service rarely has more than two, such as a canary.</summary>
    private const int MaxWorkloads = 16;

    private readonly EdgeCounts _counts = new();
    private readonly GroupAddresses? _clients = key.Client.IsGroup ? new GroupAddresses(addresses) : null;
    private readonly GroupAddresses? _servers = key.Server.IsGroup ? new GroupAddresses(addresses) : null;
    private readonly EdgeNodes _nodes = new(pairs);

    // Usually of one pair of nodes or a few.
    private readonly List<(NodePair Nodes, EdgeCounts Counts)> _growth = [];
    private ulong _unknownZones, _withinZone, _acrossZones;
    private readonly List<string> _workloads = [];

    public EdgeKey Key { get; } = key;

    /// <summary>The map had no room for it.</summary>
    public bool IsRemoved { get; private set; }

    public ulong Flows => (ulong)_counts.Flows;

    /// <summary>Whether all flows of this edge have moved to other edges.</summary>
    public bool IsEmpty => Flows == 0;

    /// <summary>Time of the last packet, Unix nanoseconds.</summary>
    public long LastSeen { get; private set; }

    private long _firstSeen = long.MaxValue;

    /// <param name="isRecorded">Whether the flow, as it is, is no growth, since the history has it.</param>
    public void Add(EdgeShare share, in NamedFlow flow, NodePair nodes, bool isRecorded)
    {
        share.Edge = this;
        share.Set(flow);
        if (share.Dropped && !_counts.HasReason(share.Reason, share.Detail) && _counts.Drops.Count >= MaxReasons)
            (share.Reason, share.Detail) = (DropReason.Kernel, "OTHER");
        _counts.Add(share, 1);
        _firstSeen = Math.Min(_firstSeen, flow.Time);
        LastSeen = Math.Max(LastSeen, Math.Max(flow.Time, flow.LastSeen));
        AddWorkload(flow.DestinationOwner?.Workload);
        _nodes.Add(share, nodes);
        ZoneBytes(share) += share.BytesToServer + share.BytesToClient;
        share.Client = Count(_clients, flow.Source.Address);
        share.Server = Count(_servers, flow.Destination.Address);
        if (!isRecorded)
            GrowthOf(share).Add(share, 1);
    }

    public void Remove(EdgeShare share)
    {
        GrowthOf(share).Add(share, -1);
        if (IsRemoved)
            return;
        _counts.Add(share, -1);
        ZoneBytes(share) -= share.BytesToServer + share.BytesToClient;
        if (IsRemoved)
            return;
        _nodes.Remove(share);
        if (share.Client is { } client)
            _clients!.Remove(client.Value);
        if (share.Server is { } server)
            _servers!.Remove(server.Value);
    }

    /// <summary>Adds what it counted since its growth was last taken, by pairs of nodes.</summary>
    /// <param name="take">Whether the next call starts from here.</param>
    public void ReadGrowth(List<EdgeGrowth> growth, bool take)
    {
        string? workload = _workloads.Count > 1 ? "" : _workloads.FirstOrDefault();
        foreach ((NodePair nodes, EdgeCounts counts) in _growth)
        {
            if (!counts.IsZero)
                growth.Add(new EdgeGrowth(Key, nodes, take ? counts : counts.Copy(), _firstSeen, LastSeen, workload));
        }

        if (take)
            _growth.Clear();
    }

    /// <summary>Returns the room that it took.</summary>
    public void Clear()
    {
        IsRemoved = true;
        _nodes.Clear();
        _clients?.Clear();
        _servers?.Clear();
    }

    /// <param name="withNodes">Also the traffic by pairs of nodes.</param>
    public V1.Edge ToMessage(bool withNodes = false)
    {
        var message = new V1.Edge
        {
            Source = ToMessage(Key.Client, _clients),
            Destination = ToMessage(Key.Server, _servers),
            Protocol = Key.Protocol,
            Forwarded = (ulong)_counts.Forwarded,
            Dropped = (ulong)_counts.Dropped,
            BytesToServer = (ulong)_counts.BytesToServer,
            BytesToClient = (ulong)_counts.BytesToClient,
            HandshakeMeanNs = _counts.HandshakeMeanNs,
            FirstSeenUnixNs = _firstSeen,
            LastSeenUnixNs = LastSeen,
            Guessed = _counts.Guessed == _counts.Flows,
            Probe = Key.Probe,
            Depmap = Key.Own,
            BytesWithinZone = _withinZone,
            BytesAcrossZones = _acrossZones,
            Handshakes = (ulong)_counts.Handshakes,
            Multicast = Key.Server.Kind == EndKind.Multicast,
            MoreAddresses = _clients is { HasMore: true } || _servers is { HasMore: true },
        };
        message.Destination.Port = Key.Port;
        if (Key.Server.Kind == EndKind.Service && _workloads is [string only])
            message.Destination.Workload = only;
        else if (Key.Server.Kind == EndKind.Service)
            message.DestinationWorkloads.Add(_workloads);
        message.Drops.Add(_counts.ToDropMessages());
        if (withNodes)
            message.Nodes.Add(_nodes.ToMessages());
        return message;
    }

    private EdgeCounts GrowthOf(EdgeShare share)
    {
        NodePair nodes = share.Nodes!.Nodes;
        foreach ((NodePair known, EdgeCounts counts) in _growth)
        {
            if (known == nodes)
                return counts;
        }

        var added = new EdgeCounts();
        _growth.Add((nodes, added));
        return added;
    }

    private static EdgeShare.CountedAddress? Count(GroupAddresses? group, Address address) =>
        group?.Add(address) == true ? new EdgeShare.CountedAddress(address) : null;

    private ref ulong ZoneBytes(EdgeShare share)
    {
        if (share.CrossesZones is not { } crosses)
            return ref _unknownZones;
        return ref crosses ? ref _acrossZones : ref _withinZone;
    }

    private void AddWorkload(string? workload)
    {
        if (workload is not null && _workloads.Count < MaxWorkloads && !_workloads.Contains(workload))
            _workloads.Add(workload);
    }

    /// <param name="addresses">Of a group; null if they are not known.</param>
    public static V1.Endpoint ToMessage(EdgeEnd end, GroupAddresses? addresses) => end.Kind switch
    {
        EndKind.Service => new V1.Endpoint { Namespace = end.Namespace, Service = end.Name },
        EndKind.Workload => new V1.Endpoint { Namespace = end.Namespace, Workload = end.Name },
        EndKind.Node => new V1.Endpoint { Node = end.Name },
        EndKind.ResolvedName => new V1.Endpoint { Name = end.Name },
        EndKind.Outside or EndKind.Multicast => new V1.Endpoint
        {
            Name = end.Name,
            // There was one at least.
            AddressCount = (uint)(addresses?.Count ?? 1),
            Ip = addresses?.Only?.ToString() ?? "",
        },
        _ => new V1.Endpoint { Ip = end.Address.ToString() },
    };
}
