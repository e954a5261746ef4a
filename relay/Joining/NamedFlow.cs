using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>A flow with the names its addresses had at its time. Shares its names with all others.</summary>
internal readonly record struct NamedFlow
{
    /// <summary>Unix nanoseconds.</summary>
    public required long Time { get; init; }

    /// <summary>Of the last packet known, Unix nanoseconds.</summary>
    public long Last { get; init; }
    public required Decision Decision { get; init; }
    public required Protocol Protocol { get; init; }
    public required AddressPort Source { get; init; }
    public required AddressPort Asked { get; init; }

    /// <summary>The end that answered, where it is another than the one asked.</summary>
    public AddressPort? Answered { get; init; }
    public Owner? SourceOwner { get; init; }
    public ServiceObject? Service { get; init; }

    /// <summary>The owner of the end that answered, else of the one asked.</summary>
    public Owner? DestinationOwner { get; init; }

    /// <summary>What the client had asked DNS for, where the one asked is neither a service nor owned by anybody known.</summary>
    public OutsideName? Outside { get; init; }
    public required string Node { get; init; }
    public ulong HandshakeNs { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public bool Guessed { get; init; }

    /// <summary>From the pod's own node to a port that the pod names for a probe: the kubelet's, as far as packets can tell.</summary>
    public bool Probe => Protocol == Protocol.Tcp && Service is null && SourceOwner is { Pod: null } node
        && DestinationOwner is { Pod: not null } pod && pod.Node == node.Node && pod.IsProbed(Asked.Port);

    public static NamedFlow Of(JoinedFlow flow, ClusterNames names, OutsideNames outside, HostConnections hosts)
    {
        long time = flow.Opened;
        (ulong toServer, ulong toClient) = flow.Bytes;
        FlowNames known = flow.Names.Renewed(flow, names, outside, hosts);
        flow.Names = known;
        AddressPort asked = known.Asked;
        var named = new NamedFlow
        {
            Time = time,
            Last = flow.Last,
            Decision = flow.Decision,
            Protocol = flow.Protocol,
            Source = flow.Opener,
            Asked = asked,
            Answered = flow.Answered ?? (asked != flow.Asked ? flow.Asked : null),
            SourceOwner = known.Source,
            Service = known.Service,
            DestinationOwner = known.Destination,
            Outside = known.Outside,
            Node = flow.SeenOn,
            HandshakeNs = flow.HandshakeNs,
            BytesToServer = toServer,
            BytesToClient = toClient,
            Guessed = (flow.Guessed && !names.Services.IsServed(flow.Protocol, asked, time)) || flow.Decision.Guessed,
        };
        // A probe is to its pod, whichever services that is behind.
        return known.Service is not null || named.Probe ? named : named with { Service = names.Services.FindBehind(flow.Protocol, asked) };
    }
}
