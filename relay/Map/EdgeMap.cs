using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Map;

/// <summary>All edges, up to a maximum. One writer, any number of readers.</summary>
/// <param name="capacity">
/// Maximum number of edges. Beyond it, those that were unused for the longest time are removed, and their flows are only counted.
/// Edges with an address outside the cluster are removed before all others: any number of clients can call a load balancer.
/// </param>
/// <param name="networks">Names of networks outside the cluster.</param>
internal sealed class EdgeMap(int capacity, OutsideNetworks? networks = null)
{
    // Some are removed at once, so that searching for them is rare.
    private const int RemovedAtOnce = 64;

    // An address or a pair takes about 100 bytes.
    private const int MaxAddresses = 100_000, MaxPairs = 100_000;

    private readonly OutsideNetworks _networks = networks ?? OutsideNetworks.None;
    private readonly Room _addresses = new(MaxAddresses);
    private readonly Room _pairs = new(MaxPairs);

    private readonly Lock _lock = new();
    private readonly Dictionary<EdgeKey, Edge> _edges = [];

    // Edges that are no longer in the map, and whose growth was not taken since they changed.
    private readonly HashSet<Edge> _gone = [];
    private ulong _unmapped;

    /// <summary>
    /// Flows opened before this time are growth only as far as they grow: the history has them from the relay before this one, and the
    /// agents report those that are still open again, in totals. Unix nanoseconds.
    /// </summary>
    public long RecordedUntil { get; set; }

    /// <summary>Number of flows without an edge.</summary>
    public ulong Unmapped
    {
        get
        {
            lock (_lock)
                return _unmapped;
        }
    }

    /// <summary>
    /// Counts a flow as it is now, in place of what it counted before: a name or verdict that becomes known later moves
    /// the flow from one edge to another.
    /// </summary>
    /// <param name="share">What the last call for this flow returned; null for the first call.</param>
    /// <param name="flow">The flow.</param>
    /// <param name="nodes">The cluster's nodes.</param>
    /// <returns>What to pass with the next call for this flow.</returns>
    public EdgeShare Put(EdgeShare? share, in NamedFlow flow, NodeTable? nodes = null)
    {
        nodes ??= NodeTable.Empty;
        EdgeKey key = EdgeKey.Of(flow, new UnnamedEnds(_networks, nodes));
        NodePair pair = GetNodes(flow, nodes);
        lock (_lock)
        {
            bool isRecorded = share is null && flow.Time < RecordedUntil;
            share ??= new EdgeShare();
            Edge? edge = share.Edge;
            edge?.Remove(share);
            if (edge is { IsRemoved: true })
            {
                AddGone(edge);
                // A flow that is still in use brings its edge back.
                _unmapped--;
                edge = FindOrAdd(key);
            }
            else if (edge is null || edge.Key != key)
            {
                if (edge is { IsEmpty: true })
                {
                    _edges.Remove(edge.Key);
                    AddGone(edge);
                }

                edge = FindOrAdd(key);
            }

            edge.Add(share, flow, pair, isRecorded);
            return share;
        }
    }

    /// <summary>The edges, sorted by source, destination and port; and the number of flows without an edge.</summary>
    /// <param name="withNodes">Also the traffic of each edge by pairs of nodes.</param>
    public (List<V1.Edge> Edges, ulong Unmapped) Read(bool withNodes = false)
    {
        var edges = new List<V1.Edge>();
        ulong unmapped;
        lock (_lock)
        {
            unmapped = _unmapped;
            foreach (Edge edge in _edges.Values)
                edges.Add(edge.ToMessage(withNodes));
        }

        edges.Sort(Compare);
        return (edges, unmapped);
    }

    /// <summary>
    /// What each edge counted since growth was last taken, edges that are no longer in the map included. The sum of all that was taken
    /// equals the counts of all flows.
    /// </summary>
    /// <param name="take">Whether the next call starts from here.</param>
    public List<EdgeGrowth> ReadGrowth(bool take)
    {
        var growth = new List<EdgeGrowth>();
        lock (_lock)
        {
            foreach (Edge edge in _edges.Values)
                edge.ReadGrowth(growth, take);
            foreach (Edge edge in _gone)
                edge.ReadGrowth(growth, take);
            if (take)
                _gone.Clear();
        }

        return growth;
    }

    /// <summary>The edges with groups of addresses at their ends.</summary>
    public Dictionary<EdgeKey, V1.Edge> ReadGroups()
    {
        lock (_lock)
        {
            return _edges.Values.Where(edge => edge.Key.HasGroup)
                .ToDictionary(edge => edge.Key, edge => edge.ToMessage());
        }
    }

    private void AddGone(Edge edge)
    {
        // Any number of clients outside can call a load balancer.
        if (_gone.Count < capacity)
            _gone.Add(edge);
    }

    private Edge FindOrAdd(EdgeKey key)
    {
        if (_edges.TryGetValue(key, out Edge? edge))
            return edge;
        if (_edges.Count >= capacity)
            RemoveUnused();
        _edges.Add(key, edge = new Edge(key, _addresses, _pairs));
        return edge;
    }

    private void RemoveUnused()
    {
        List<Edge> unused =
        [
            .. _edges.Values.OrderByDescending(edge => edge.Key.IsOutside).ThenBy(edge => edge.LastSeen)
                .Take(Math.Max(1, capacity / RemovedAtOnce)),
        ];
        foreach (Edge edge in unused)
        {
            edge.Clear();
            AddGone(edge);
            _unmapped += edge.Flows;
            _edges.Remove(edge.Key);
        }
    }

    private static NodePair GetNodes(in NamedFlow flow, NodeTable nodes)
    {
        string? source = flow.SourceOwner?.Node, destination = flow.DestinationOwner?.Node;
        return new NodePair(
            source ?? "", nodes.FindZone(source) ?? "", destination ?? "", nodes.FindZone(destination) ?? "");
    }

    /// <summary>The order of edges for readers: by source, destination and port.</summary>
    public static int Compare(V1.Edge a, V1.Edge b)
    {
        int order = Compare(a.Source, b.Source);
        if (order == 0)
            order = Compare(a.Destination, b.Destination);
        if (order == 0)
            order = a.Destination.Port.CompareTo(b.Destination.Port);
        return order != 0 ? order : a.Protocol.CompareTo(b.Protocol);
    }

    private static int Compare(V1.Endpoint a, V1.Endpoint b)
    {
        int order = string.CompareOrdinal(a.Namespace, b.Namespace);
        return order != 0 ? order : string.CompareOrdinal(GetName(a), GetName(b));
    }

    private static string GetName(V1.Endpoint end) =>
        end.Service.Length > 0 ? end.Service
        : end.Workload.Length > 0 ? end.Workload
        : end.Node.Length > 0 ? end.Node
        : end.Name.Length > 0 ? end.Name
        : end.Ip;
}
