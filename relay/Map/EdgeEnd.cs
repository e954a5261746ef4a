using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

/// <summary>One end of an edge, identified by the most specific name that is known.</summary>
/// <param name="Name">
/// <c>KIND/NAME</c> of a workload, or the name of a service, node, external host or group of addresses; empty for an address.
/// </param>
/// <param name="Address">Set only if there is no name.</param>
internal readonly record struct EdgeEnd(EndKind Kind, string Namespace, string Name, Address Address)
{
    /// <summary>Stands for any number of addresses, which the edge counts.</summary>
    public bool IsGroup => Kind is EndKind.Outside or EndKind.Multicast;

    /// <summary>It has no name in the cluster.</summary>
    public bool IsOutside => Kind is EndKind.Address or EndKind.ResolvedName || IsGroup;

    /// <summary>The end of an owner; null if there is none.</summary>
    public static EdgeEnd? Of(Owner? owner) => owner switch
    {
        { Pod: not null } => new EdgeEnd(EndKind.Workload, owner.Namespace!, owner.Workload!, default),
        not null => new EdgeEnd(EndKind.Node, "", owner.Node, default),
        null => null,
    };

    public static EdgeEnd Of(ServiceId service) => new(EndKind.Service, service.Namespace, service.Name, default);

    public static EdgeEnd Of(ResolvedName outside) => new(EndKind.ResolvedName, "", outside.Name, default);
}
