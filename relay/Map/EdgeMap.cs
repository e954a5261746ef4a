using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

/// <summary>All edges, up to a maximum. One writer, any number of readers.</summary>
/// <param name="capacity">Maximum number of edges; flows of further edges are only counted.</param>
internal sealed class EdgeMap(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<EdgeKey, Edge> _edges = [];
    private ulong _unmapped;

    /// <summary>
    /// Counts a flow as it is now, in place of what it counted before: a name or verdict that becomes known later moves
    /// the flow from one edge to another.
    /// </summary>
    /// <param name="share">What the last call for this flow returned; null for the first call.</param>
    /// <returns>What to pass with the next call for this flow.</returns>
    public EdgeShare Put(EdgeShare? share, in NamedFlow flow)
    {
        EdgeKey key = EdgeKey.Of(flow);
        lock (_lock)
        {
            if (share is { Edge: null })
                _unmapped--;
            share ??= new EdgeShare();
            Edge? edge = share.Edge;
            edge?.Remove(share);
            if (edge is null || edge.Key != key)
            {
                if (edge is { IsEmpty: true })
                    _edges.Remove(edge.Key);
                edge = share.Edge = FindOrAdd(key);
            }

            if (edge is null)
                _unmapped++;
            else
                edge.Add(share, flow);
            return share;
        }
    }

    /// <summary>The edges that match, sorted by source, destination and port; and the number of flows without an edge.</summary>
    public (List<V1.Edge> Edges, ulong Unmapped) Read(Predicate<V1.Edge> matches)
    {
        var edges = new List<V1.Edge>();
        ulong unmapped;
        lock (_lock)
        {
            unmapped = _unmapped;
            foreach (Edge edge in _edges.Values)
                edges.Add(edge.ToMessage());
        }

        edges.RemoveAll(edge => !matches(edge));
        edges.Sort(Compare);
        return (edges, unmapped);
    }

    private Edge? FindOrAdd(EdgeKey key)
    {
        if (!_edges.TryGetValue(key, out Edge? edge) && _edges.Count < capacity)
            _edges.Add(key, edge = new Edge(key));
        return edge;
    }

    private static int Compare(V1.Edge a, V1.Edge b)
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
