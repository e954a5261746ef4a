using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Joining;

/// <summary>Names a flow's addresses as of the flow's time. The flow keeps its names for the next call.</summary>
internal sealed class FlowNamer(ResolvedNames resolved, HostConnections hosts)
{
    public NamedFlow Name(JoinedFlow flow, ClusterNames names)
    {
        FlowNames known = flow.Names = flow.Names.Update(flow, names, resolved, hosts);
        long time = flow.Opened;
        (ulong toServer, ulong toClient) = flow.Bytes;
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
        // The destination of a probe is its pod, whichever service selects that pod.
        return known.Service is not null || named.Probe
            ? named
            : named with { Service = names.Services.FindBehind(flow.Protocol, asked) };
    }
}
