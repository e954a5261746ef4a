using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>Changes what the ends of a map are (<c>--by</c>), and adds up the edges that become the same.</summary>
internal static class EdgeGroups
{
    private const string Unknown = "unknown";

    /// <param name="edges">With their nodes, for nodes and zones. Not changed.</param>
    public static List<Edge> By(MapLevel level, IReadOnlyList<Edge> edges) => level switch
    {
        MapLevel.Workload => EdgeSum.Merge(edges.Select(AsWorkload), withPorts: true),
        MapLevel.Service => ByService(edges),
        MapLevel.Namespace => EdgeSum.Merge(edges.Select(edge => WithEnds(edge, AsNamespace)), withPorts: false),
        MapLevel.Node => EdgeSum.Merge(edges.SelectMany(edge => ByNode(edge, AsNode)), withPorts: false),
        MapLevel.Zone => EdgeSum.Merge(edges.SelectMany(edge => ByNode(edge, AsZone)), withPorts: false),
        _ => [.. edges],
    };

    // A service with several workloads stays a service: the relay does not count each of them.
    private static Edge AsWorkload(Edge edge) => edge.Destination is { Service.Length: > 0, Workload.Length: > 0 } served
        ? With(edge, edge.Source, new Endpoint { Namespace = served.Namespace, Workload = served.Workload, Port = served.Port })
        : edge;

    // A workload is a service if it is behind exactly one.
    private static List<Edge> ByService(IReadOnlyList<Edge> edges)
    {
        var services = new Dictionary<EndIdentity, Endpoint?>();
        foreach (Edge edge in edges)
        {
            foreach (EndIdentity workload in EndIdentity.Served(edge).Skip(1))
            {
                Endpoint service = new() { Namespace = edge.Destination.Namespace, Service = edge.Destination.Service };
                bool isFirst = services.TryAdd(workload, service);
                if (!isFirst && services[workload]?.Service != service.Service)
                    services[workload] = null;
            }
        }

        return EdgeSum.Merge(edges.Select(edge => WithEnds(edge, AsService)), withPorts: true);

        Endpoint AsService(Endpoint end)
        {
            if (end.Service.Length > 0 || services.GetValueOrDefault(EndIdentity.Of(end)) is not { } service)
                return end;
            service = service.Clone();
            service.Port = end.Port;
            return service;
        }
    }

    private static Endpoint AsNamespace(Endpoint end) => end.Namespace.Length > 0 ? new Endpoint { Namespace = end.Namespace } : end;

    private static Endpoint AsNode(Endpoint end, string node, string zone) => node.Length > 0 ? new Endpoint { Node = node } : end;

    private static Endpoint AsZone(Endpoint end, string node, string zone) =>
        zone.Length > 0 ? new Endpoint { Zone = zone }
        : node.Length > 0 || end.Node.Length > 0 ? new Endpoint { Zone = Unknown }
        : end;

    private static IEnumerable<Edge> ByNode(Edge edge, Func<Endpoint, string, string, Endpoint> change)
    {
        // An older relay, or the history, does not know the nodes.
        if (edge.Nodes.Count == 0)
            return [With(edge, change(edge.Source ?? new(), "", ""), change(edge.Destination ?? new(), "", ""))];
        return edge.Nodes.Select(pair =>
        {
            // All of a client's pods have a node: this is the sum of the pairs for which there was no room.
            bool isRest = edge.Source is { Workload.Length: > 0 } && pair.SourceNode.Length == 0;
            Edge part = With(
                edge,
                change(edge.Source ?? new(), isRest ? Unknown : pair.SourceNode, pair.SourceZone),
                change(edge.Destination ?? new(), isRest ? Unknown : pair.DestinationNode, pair.DestinationZone));
            (part.Forwarded, part.Dropped) = (pair.Forwarded, pair.Dropped);
            (part.BytesToServer, part.BytesToClient) = (pair.BytesToServer, pair.BytesToClient);
            (part.Handshakes, part.HandshakeMeanNs) = (pair.Handshakes, pair.HandshakeMeanNs);
            bool isKnown = pair.SourceZone.Length > 0 && pair.DestinationZone.Length > 0;
            ulong bytes = isKnown ? pair.BytesToServer + pair.BytesToClient : 0;
            bool isWithin = pair.SourceZone == pair.DestinationZone;
            (part.BytesWithinZone, part.BytesAcrossZones) = isWithin ? (bytes, 0UL) : (0UL, bytes);
            part.Drops.Clear();
            part.Drops.AddRange(pair.Drops);
            return part;
        });
    }

    private static Edge WithEnds(Edge edge, Func<Endpoint, Endpoint> change) =>
        With(edge, change(edge.Source ?? new()), change(edge.Destination ?? new()));

    private static Edge With(Edge edge, Endpoint? source, Endpoint? destination)
    {
        Edge changed = edge.Clone();
        changed.Nodes.Clear();
        changed.Source = source?.Clone();
        changed.Destination = destination?.Clone();
        if (changed.Destination?.Service.Length is null or 0)
            changed.DestinationWorkloads.Clear();
        return changed;
    }
}
