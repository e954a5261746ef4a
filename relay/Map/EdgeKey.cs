using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>What makes flows one edge. The client's port is no part of it: it differs for each.</summary>
/// <param name="Port">The port asked: the service's, where a service was asked.</param>
/// <param name="Probe">Kubelets' probes are an edge of their own.</param>
internal readonly record struct EdgeKey(EdgeEnd Client, EdgeEnd Server, Protocol Protocol, ushort Port, bool Probe)
{
    public static EdgeKey Of(in NamedFlow flow) => new(
        EdgeEnd.Of(flow.SourceOwner, flow.Source.Address),
        flow.Service is { } service
            ? new EdgeEnd(EndKind.Service, service.Namespace, service.Name, default)
            : flow.Outside is { } outside ? new EdgeEnd(EndKind.Name, "", outside.Name, default)
            : EdgeEnd.Of(flow.DestinationOwner, flow.Asked.Address),
        flow.Protocol,
        flow.Asked.Port,
        flow.Probe);
}
