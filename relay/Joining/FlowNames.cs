using Depmap.Relay.Flows;
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
    private AddressPort Server { get; init; }

    // Of a client on its node's network: its uid. What it asked for is then as its node told.
    private string? HostPod { get; init; }
    public Owner? Source { get; private init; }

    /// <summary>Before translation, as the client's node knows it; else as it was seen.</summary>
    public AddressPort Asked { get; private init; }
    public ServiceId? Service { get; private init; }

    /// <summary>Of the end that answered, else of the one asked.</summary>
    public Owner? Destination { get; private init; }

    /// <summary>Of an end that is no service's and nobody's.</summary>
    public ResolvedName? Outside { get; private init; }

    /// <summary>As known now; an end that is known no more keeps its name.</summary>
    public FlowNames Update(JoinedFlow flow, ClusterNames names, ResolvedNames outside, HostConnections hosts)
    {
        AddressPort opener = flow.Opener, server = flow.Answered ?? flow.Asked;
        FlowNames known = opener == Opener ? this : default; // of the same client
        Owner? source = flow.OpenerNode ?? names.Addresses.OwnerAt(opener.Address, flow.Opened) ?? known.Source;
        (string? hostPod, AddressPort asked) = (null, flow.Asked);
        if (source is { Pod: null } node && flow.Protocol == Protocol.Tcp)
        {
            // A node's address: its own, or that of a pod on its network.
            if (hosts.Find(node.Node, opener.Port, server, names.Services, flow.Opened) is { } told)
                (hostPod, asked) = (told.PodUid, told.Asked);
            else if (known.HostPod is not null)
                (hostPod, asked) = (known.HostPod, known.Asked);
            if (hostPod is not null)
                source = names.HostPods.Find(node.Node, hostPod) ?? known.Source ?? source;
        }

        var renewed = new FlowNames
        {
            Opener = opener,
            Server = server,
            HostPod = hostPod,
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
