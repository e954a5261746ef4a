using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

/// <summary>One end of an edge, identified by the most specific name that is known.</summary>
/// <param name="Name"><c>KIND/NAME</c> of a workload, or the name of a service, node or external host; empty for an address.</param>
/// <param name="Address">Set only if there is no name.</param>
internal readonly record struct EdgeEnd(EndKind Kind, string Namespace, string Name, Address Address)
{
    public static EdgeEnd Of(Owner? owner, Address address) => owner switch
    {
        { Pod: not null } => new EdgeEnd(EndKind.Workload, owner.Namespace!, owner.Workload!, default),
        not null => new EdgeEnd(EndKind.Node, "", owner.Node, default),
        null => new EdgeEnd(EndKind.Address, "", "", address),
    };
}
