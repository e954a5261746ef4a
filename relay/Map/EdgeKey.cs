using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>Flows with the same key belong to the same edge. The client's port is not part of the key.</summary>
/// <param name="Port">The destination port; for a service, the service's port.</param>
/// <param name="Probe">Kubelet probes are separate edges.</param>
/// <param name="Own">So is Depmap's own traffic.</param>
internal readonly record struct EdgeKey(EdgeEnd Client, EdgeEnd Server, Protocol Protocol, ushort Port, bool Probe, bool Own)
{
    /// <summary>One of its ends has no name in the cluster.</summary>
    public bool IsOutside => Client.IsOutside || Server.IsOutside;

    /// <summary>One of its ends is a group of addresses.</summary>
    public bool HasGroup => Client.IsGroup || Server.IsGroup;

    public static EdgeKey Of(in NamedFlow flow, UnnamedEnds unnamed) => new(
        EdgeEnd.Of(flow.SourceOwner) ?? unnamed.Client(flow.Source.Address),
        flow.Service is { } service ? EdgeEnd.Of(service)
            : flow.ResolvedName is { } outside ? EdgeEnd.Of(outside)
            : EdgeEnd.Of(flow.DestinationOwner) ?? unnamed.Server(flow.Destination.Address),
        flow.Protocol,
        flow.Destination.Port,
        flow.IsProbe,
        flow.IsOwn);
}
