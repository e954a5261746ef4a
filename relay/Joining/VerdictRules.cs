using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Decides the verdict of a flow from its sightings. Pure.</summary>
internal static class VerdictRules
{
    private static readonly Decision Forwarded = new(Verdict.Forwarded);

    /// <returns>A decision whose verdict is unspecified if the sightings do not show one yet.</returns>
    public static Decision Decide(JoinedFlow flow, ClusterNames names)
    {
        if (FindCutOff(flow) is { } cutOff)
            return new Decision(Verdict.Dropped, cutOff.DropReason, cutOff.DropDetail);
        // Traffic in both directions is final: a lost SYN was retransmitted, and a later error ends an established flow.
        if (flow.WasEstablished || flow.PublishedVerdict == Verdict.Forwarded)
            return Forwarded with { Guessed = !flow.WasEstablished && flow.Server is null };
        if (FindDrop(flow) is { } drop)
            return new Decision(Verdict.Dropped, GetDropReason(flow, drop, names), drop.DropDetail);
        if (flow.Protocol == Protocol.Udp && (IsOneWay(flow.Client) || IsOneWay(flow.Server)))
            return Forwarded with { Guessed = flow.Server is null };
        return default;
    }

    // For TCP packets other than a SYN or SYN-ACK, agents report a drop only if it ends the connection.
    private static Sighting? FindCutOff(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Previous)
        {
            if (record.Value is { Protocol: Protocol.Tcp, InitialSequence: null, State: State.Dropped })
                return record.Value;
        }

        return null;
    }

    // The place where the packet was dropped says more than how the client interpreted the silence or the error response.
    private static Sighting? FindDrop(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Previous)
        {
            if (IsDropped(record) && record.Value.DropReason is DropReason.Policy or DropReason.Unreachable or DropReason.Kernel)
                return record.Value;
        }

        return IsDropped(flow.Client) ? flow.Client!.Value
            : IsDropped(flow.Server) ? flow.Server!.Value
            : IsDropped(flow.Node) ? flow.Node!.Value
            : null;
    }

    // kube-proxy rejects packets to a service without endpoints in netfilter. The kernel reports the same reason as for a
    // network policy, and the client receives "port unreachable": only the Kubernetes objects show the difference.
    private static DropReason GetDropReason(JoinedFlow flow, in Sighting drop, ClusterNames names)
    {
        bool mayLackEndpoints = drop.DropReason is DropReason.Policy or DropReason.Unreachable && flow.Backend is null;
        return mayLackEndpoints
            && names.Services.Find(flow.Protocol, flow.Destination, flow.Opened) is { } service
            && service.Port?.HasReadyBackend != true
                ? DropReason.NoEndpoints
                : drop.DropReason;
    }

    private static bool IsDropped(SightingRecord? record) => record?.Value.State == State.Dropped;

    private static bool IsOneWay(SightingRecord? record) => record?.Value.State == State.OneWay;
}
