using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Joining;

/// <summary>Names a flow's addresses as of the flow's time. The flow keeps its names for the next call.</summary>
internal sealed class FlowNamer(
    ResolvedNames resolvedNames, HostConnections hosts, ReportedAddresses reported, OwnTraffic own)
{
    public NamedFlow Name(JoinedFlow flow, ClusterNames names)
    {
        FlowNames known = flow.Names = flow.Names.Update(flow, names, resolvedNames, hosts, reported);
        long time = flow.Opened;
        (ulong toServer, ulong toClient) = flow.Bytes;
        AddressPort destination = known.Destination;
        var named = new NamedFlow
        {
            Id = flow.Id,
            Time = time,
            LastSeen = flow.LastSeen,
            Decision = flow.Decision,
            Protocol = flow.Protocol,
            Source = flow.Source,
            Destination = destination,
            Backend = flow.Backend ?? (destination != flow.Destination ? flow.Destination : null),
            SourceOwner = known.SourceOwner,
            Service = known.Service,
            DestinationOwner = known.DestinationOwner,
            ResolvedName = known.ResolvedName,
            Node = flow.ObservedOn,
            HandshakeNs = flow.HandshakeNs,
            BytesToServer = toServer,
            BytesToClient = toClient,
            Guessed = (flow.Guessed && !known.IsServed)
                || flow.Decision.Guessed
                || names.Addresses.IsContestedAt(flow.Source.Address, time)
                || names.Addresses.IsContestedAt((flow.Backend ?? destination).Address, time),
        };
        // The destination of a probe is its pod, whichever service selects that pod.
        if (known.Service is null && !named.IsProbe)
            named = named with { Service = known.RequestedService };
        return named with { IsOwn = own.Includes(named) };
    }
}
