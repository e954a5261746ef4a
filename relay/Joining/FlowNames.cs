using Depmap.Relay.Names;
using Depmap.V1;
using HostConnection = Depmap.Relay.Names.HostConnection;

namespace Depmap.Relay.Joining;

/// <summary>
/// The names that a flow's ends were found to have. A connection may outlast its service and what is remembered of its
/// pods: it keeps the names that it had.
/// </summary>
internal readonly record struct FlowNames
{
    private AddressPort Opener { get; init; }
    private AddressPort Server { get; init; }

    // Of a client on its node's network.
    private HostConnection? Host { get; init; }
    public Owner? Source { get; private init; }

    /// <summary>Before translation, as the client's node knows it; else as it was seen.</summary>
    public AddressPort Asked { get; private init; }
    public ServiceObject? Service { get; private init; }

    /// <summary>Of the end that answered, else of the one asked.</summary>
    public Owner? Destination { get; private init; }

    /// <summary>Of an end that is no service's and nobody's.</summary>
    public OutsideName? Outside { get; private init; }

    /// <summary>As known now; an end that is known no more keeps its name.</summary>
    public FlowNames Renewed(JoinedFlow flow, ClusterNames names, OutsideNames outside, HostConnections hosts)
    {
        AddressPort opener = flow.Opener, server = flow.Answered ?? flow.Asked;
        Owner? source = flow.OpenerNode ?? names.Addresses.OwnerAt(opener.Address, flow.Opened) ?? (opener == Opener ? Source : null);
        HostConnection? host = null;
        if (source is { Pod: null } node && flow.Protocol == Protocol.Tcp)
        {
            // A node's address: its own, or that of a pod on its network.
            host = hosts.Find(node.Node, opener.Port, server, names.Services, flow.Opened) ?? (opener == Opener ? Host : null);
            source = host is { PodUid: var uid } ? names.HostPods.Find(node.Node, uid) ?? (opener == Opener ? Source : null) ?? source : source;
        }

        AddressPort asked = host?.Asked ?? flow.Asked;
        var renewed = new FlowNames
        {
            Opener = opener,
            Server = server,
            Host = host,
            Source = source,
            Asked = asked,
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
}
