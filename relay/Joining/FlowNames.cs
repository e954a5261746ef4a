using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// The names that a flow's ends were found to have. A connection may outlast its service and what is remembered of its
/// pods: it keeps the names that it had.
/// </summary>
internal readonly record struct FlowNames
{
    private AddressPort Opener { get; init; }
    private AddressPort Asked { get; init; }
    private AddressPort Server { get; init; }
    public Owner? Source { get; private init; }
    public ServiceObject? Service { get; private init; }

    /// <summary>Of the end that answered, else of the one asked.</summary>
    public Owner? Destination { get; private init; }

    /// <summary>Of an end that is no service's and nobody's.</summary>
    public OutsideName? Outside { get; private init; }

    /// <summary>As known now; an end that is known no more keeps its name.</summary>
    public FlowNames Renewed(JoinedFlow flow, ClusterNames names, OutsideNames outside, HostConnections hosts)
    {
        AddressPort opener = flow.Opener, asked = flow.Asked, server = flow.Answered ?? asked;
        var renewed = new FlowNames
        {
            Opener = opener,
            Asked = asked,
            Server = server,
            Source = OpenerOf(flow, names, hosts, opener == Opener ? Source : null),
            Service = names.Services.Find(flow.Protocol, asked, flow.Opened)?.Service ?? (asked == Asked ? Service : null),
            Destination = names.ServerAt(flow.Protocol, server, flow.Opened) ?? (server == Server ? Destination : null),
        };
        return renewed is { Service: null, Destination: null }
            ? renewed with
            {
                // What was found once is right: answers come before the flows that need them.
                Outside = (asked == Asked ? Outside : null) ?? outside.Find(opener.Address, renewed.Source, asked.Address, flow.Opened),
            }
            : renewed;
    }

    private static Owner? OpenerOf(JoinedFlow flow, ClusterNames names, HostConnections hosts, Owner? known)
    {
        AddressPort opener = flow.Opener;
        Owner? owner = flow.OpenerNode ?? names.Addresses.OwnerAt(opener.Address, flow.Opened);
        if (owner is null)
            return known;
        if (owner.Pod is not null || flow.Protocol != Protocol.Tcp)
            return owner;
        // A node's address: its own, or that of a pod on its network.
        return hosts.PodOf(owner.Node, opener.Port, flow.Answered ?? flow.Asked, names.Services, flow.Opened) is { } uid
            ? names.HostPods.Find(owner.Node, uid) ?? known ?? owner
            : known ?? owner;
    }
}
