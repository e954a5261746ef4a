using Depmap.Relay.Joining;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Map;

internal enum EndKind
{
    Address,
    Node,
    Workload,
    Service,

    /// <summary>Outside, by what the client asked DNS for: many addresses under one name are one end.</summary>
    Name,
}

/// <summary>One end of an edge, by the best name it has.</summary>
/// <param name="Name"><c>KIND/NAME</c> of a workload, the name of a service or node; empty for an address.</param>
/// <param name="Address">Set only where there is no name.</param>
internal readonly record struct EdgeEnd(EndKind Kind, string Namespace, string Name, Address Address)
{
    public static EdgeEnd Of(Owner? owner, Address address) => owner switch
    {
        { Pod: not null } => new EdgeEnd(EndKind.Workload, owner.Namespace!, owner.Workload!, default),
        not null => new EdgeEnd(EndKind.Node, "", owner.Node, default),
        null => new EdgeEnd(EndKind.Address, "", "", address),
    };
}

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
