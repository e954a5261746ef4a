using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>Flows with the same key belong to the same edge. The client's port is not part of the key.</summary>
/// <param name="Port">The destination port; for a service, the service's port.</param>
/// <param name="Probe">Kubelet probes are separate edges.</param>
internal readonly record struct EdgeKey(EdgeEnd Client, EdgeEnd Server, Protocol Protocol, ushort Port, bool Probe)
{
    public static EdgeKey Of(in NamedFlow flow) => new(
        EdgeEnd.Of(flow.SourceOwner, flow.Source.Address),
        flow.Service is { } service
            ? new EdgeEnd(EndKind.Service, service.Namespace, service.Name, default)
            : flow.ResolvedName is { } outside ? new EdgeEnd(EndKind.ResolvedName, "", outside.Name, default)
            : EdgeEnd.Of(flow.DestinationOwner, flow.Destination.Address),
        flow.Protocol,
        flow.Destination.Port,
        flow.IsProbe);
}
