using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Decides the verdict of a flow from its sightings. Pure.</summary>
internal static class VerdictRules
{
    /// <summary>
    /// How much later than the relay kube-proxy may apply a change of the EndpointSlices, or earlier. Nanoseconds. Its
    /// default <c>minSyncPeriod</c> is a second.
    /// </summary>
    public const long ProxyLag = UnixTime.Second;

    /// <summary>
    /// The detail of <see cref="DropReason.NoEndpoints"/> if a traffic policy <c>Local</c> excludes the pods on other nodes.
    /// </summary>
    public const string NoneOnThisNode = "NONE_ON_THIS_NODE";

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
        {
            return FindMissingEndpoints(flow, drop, names)
                ?? new Decision(Verdict.Dropped, drop.Value.DropReason, drop.Value.DropDetail);
        }

        if (flow.Protocol != Protocol.Udp || !(IsOneWay(flow.Client) || IsOneWay(flow.Server)))
            return default;
        // Where a datagram cannot have gone anywhere, silence is no sign that it arrived.
        return flow is { Server: null, Client: { } sender } && FindMissingEndpoints(flow, sender, names) is { } missing
            ? missing with { Guessed = true }
            : Forwarded with { Guessed = flow.Server is null };
    }

    // For TCP packets other than a SYN or SYN-ACK, agents report a drop only if it ends the connection. The same applies to a side
    // that has seen the handshake.
    private static Sighting? FindCutOff(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Previous)
        {
            if (record.Value is { Protocol: Protocol.Tcp, InitialSequence: null, State: State.Dropped })
                return record.Value;
        }

        return IsCutOff(flow.Client) ? flow.Client!.Value : IsCutOff(flow.Server) ? flow.Server!.Value : null;
    }

    private static bool IsCutOff(SightingRecord? record) =>
        record is { WasEstablished: true, Value: { Protocol: Protocol.Tcp, State: State.Dropped } };

    // The place where the packet was dropped says more than how the client interpreted the silence or the error response.
    private static SightingRecord? FindDrop(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Previous)
        {
            if (IsDropped(record) && record.Value.DropReason is DropReason.Policy or DropReason.Unreachable or DropReason.Kernel)
                return record;
        }

        return IsDropped(flow.Client) ? flow.Client
            : IsDropped(flow.Server) ? flow.Server
            : IsDropped(flow.Node) ? flow.Node
            : null;
    }

    // kube-proxy rejects packets to a service without endpoints in netfilter. The kernel reports the same reason as for a
    // network policy, and the client receives "port unreachable" or, behind another firewall, nothing: only the Kubernetes
    // objects show the difference.
    private static Decision? FindMissingEndpoints(JoinedFlow flow, SightingRecord record, ClusterNames names)
    {
        ref readonly Sighting sighting = ref record.Value;
        DropReason observed = sighting.State == State.OneWay ? DropReason.Timeout : sighting.DropReason;
        bool wasTranslated = sighting.Side == Side.Node ? sighting.Server != flow.Destination : flow.Backend is not null;
        if (wasTranslated || !MayLackEndpoints(observed))
            return null;
        var missing = new Decision(Verdict.Dropped, DropReason.NoEndpoints, sighting.DropDetail);
        // What was published stays: the objects of a later time say nothing about this drop.
        if (flow.PublishedVerdict == Verdict.Dropped && MayLackEndpoints(flow.Decision.Reason))
        {
            return flow.Decision.Reason != DropReason.NoEndpoints ? null
                : flow.Decision.Detail == NoneOnThisNode ? missing with { Detail = NoneOnThisNode }
                : missing;
        }

        if (names.Services.Find(flow.Protocol, flow.Destination, sighting.Opened) is not { IsExternal: false } service)
            return null;
        // A policy may have caused the silence as well, so it has no such allowance.
        long lag = observed == DropReason.Timeout ? 0 : ProxyLag;
        (long from, long to) = (sighting.Opened - lag, sighting.Opened + lag);
        if (service.Port is not { } port || port.LackedBackend(from, to))
            return missing;
        return service.IsLocal && port.LackedBackend(from, to, GetTranslatingNode(flow, record, names))
            ? missing with { Detail = NoneOnThisNode }
            : null;
    }

    // A node port is translated by the node that was called, a cluster address by the client's node.
    private static string GetTranslatingNode(JoinedFlow flow, SightingRecord record, ClusterNames names) =>
        names.Addresses.OwnerAt(flow.Destination.Address, flow.Opened) is { Pod: null } node ? node.Node : record.Agent.Key.Node;

    private static bool MayLackEndpoints(DropReason reason) =>
        reason is DropReason.Policy or DropReason.Unreachable or DropReason.Timeout or DropReason.NoEndpoints;

    private static bool IsDropped(SightingRecord? record) => record?.Value.State == State.Dropped;

    private static bool IsOneWay(SightingRecord? record) => record?.Value.State == State.OneWay;
}
