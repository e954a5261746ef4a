using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// The names of a flow's endpoints. A connection may outlive its service and the history of its pods: it then keeps the
/// names that it had. What the objects said about the backends of services is decided with the first names.
/// </summary>
internal readonly record struct FlowNames
{
    private AddressPort Client { get; init; }
    private AddressPort Server { get; init; }

    // Set for a host-network pod; the destination is then the one that the agent on its node reported.
    private string? HostPodUid { get; init; }
    public Owner? SourceOwner { get; private init; }

    /// <summary>Before translation if the client's node knows it, otherwise as observed.</summary>
    public AddressPort Destination { get; private init; }
    public ServiceId? Service { get; private init; }

    /// <summary>For the address of a pod: the service that the client meant. See <see cref="BackendService"/>.</summary>
    public ServiceId? RequestedService { get; private init; }

    /// <summary>Whether the destination was a service's address or backend.</summary>
    public bool IsServed { get; private init; }

    /// <summary>The owner of the backend if there is one, otherwise of the destination.</summary>
    public Owner? DestinationOwner { get; private init; }

    /// <summary>Set only if the destination is not a service and has no known owner.</summary>
    public ResolvedName? ResolvedName { get; private init; }

    /// <summary>The names as known now. An endpoint that is no longer known keeps its name.</summary>
    public FlowNames Update(
        JoinedFlow flow, ClusterNames names, ResolvedNames resolvedNames, HostConnections hosts, ReportedAddresses reported)
    {
        AddressPort client = flow.Source, server = flow.Backend ?? flow.Destination;
        FlowNames known = client == Client ? this : default; // keep names only for the same client
        Owner? source = flow.SourceNode ?? names.Addresses.OwnerAt(client.Address, flow.Opened, flow.ClientInterfaceSince)
            ?? reported.OwnerAt(client.Address, flow.ObservedOn, flow.Opened) ?? known.SourceOwner;
        (string? hostPod, AddressPort destination) = (null, flow.Destination);
        if (source is { Pod: null } node && flow.Protocol == Protocol.Tcp)
        {
            // The address of a node may be that of a host-network pod.
            if (hosts.Find(node.Node, client.Port, server, names.Services, flow.Opened) is { } connection)
                (hostPod, destination) = (connection.PodUid, connection.OriginalServer);
            else if (known.HostPodUid is not null)
                (hostPod, destination) = (known.HostPodUid, known.Destination);
            if (hostPod is not null)
                source = names.HostPods.Find(node.Node, hostPod) ?? known.SourceOwner ?? source;
        }

        ServiceMatch? match = names.Services.Find(flow.Protocol, destination, flow.Opened);
        ServiceId? service = match?.Service;
        Owner? destinationOwner = names.ServerAt(flow.Protocol, server, flow.Opened, flow.ServerInterfaceSince);
        // A service's address may be on an interface of a node too: the service's ports are the service there.
        bool mayBeNode = match is null or { IsExternal: true } || server != destination;
        if (destinationOwner is null && mayBeNode
            && reported.OwnerAt(server.Address, flow.ObservedOn, flow.Opened) is { } host)
        {
            destinationOwner = names.HostPods.Find(flow.Protocol, host.Node, server.Port) ?? host;
            if (server == destination)
                service = names.Services.FindNodePort(flow.Protocol, server.Port)?.Service;
        }

        // The pod may leave its slice, or become ready, while the flow is open.
        bool isDecided = destination == Destination;
        var updated = new FlowNames
        {
            Client = client,
            Server = server,
            HostPodUid = hostPod,
            SourceOwner = source,
            Destination = destination,
            Service = service ?? (isDecided ? Service : null),
            RequestedService = isDecided
                ? RequestedService
                : BackendService.Find(
                    names.Services, resolvedNames, flow.Protocol, client.Address, source, flow.ObservedOn, destination, flow.Opened),
            IsServed = isDecided ? IsServed : names.Services.IsServed(flow.Protocol, destination, flow.Opened),
            DestinationOwner = destinationOwner ?? (server == Server ? DestinationOwner : null),
        };
        return updated is { Service: null, DestinationOwner: null }
            ? updated with
            {
                // A name that was found once is final: DNS responses arrive before the flows that use them.
                ResolvedName = (destination == Destination ? ResolvedName : null)
                    ?? resolvedNames.Find(client.Address, updated.SourceOwner, flow.ObservedOn, destination.Address, flow.Opened),
            }
            : updated;
    }
}
