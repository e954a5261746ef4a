using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Decides whether two sightings belong to the same flow. Pure.</summary>
internal static class EvidenceRules
{
    /// <summary>Maximum difference of the two opening times: clock skew between nodes, and the SYN's travel time. Nanoseconds.</summary>
    public const long MaxOpeningDifference = 5 * UnixTime.Second;

    private const long MaxOpeningDifferenceIfUnsure = UnixTime.Second;

    // A client repeats its SYN for about two minutes. An interface behind the one that drops it sees it that much later.
    private const long MaxRetransmission = 130 * UnixTime.Second;

    public static Evidence Evaluate(SightingRecord a, in Sighting b, AgentEpoch agentOfB, ClusterNames names)
    {
        ref readonly Sighting left = ref a.Value;
        if (left.Protocol != b.Protocol || HasOtherSequence(a.Flow, b) || !MayShareSide(a, b, agentOfB))
            return Evidence.None;
        long difference = Math.Abs(left.Opened - b.Opened);
        bool hasSameSequence = left.InitialSequence is { } sequence && sequence == b.InitialSequence;
        if (hasSameSequence && difference <= MaxRetransmission && IsSameClient(left, b))
            return Evidence.SameSequence;
        if (IsDisjointInTime(left, b))
            return Evidence.None;
        bool isReportedAgain = left.Side == b.Side && a.Agent.Key.Node == agentOfB.Key.Node;
        bool openedTogether = isReportedAgain || difference <= MaxOpeningDifference;
        if (hasSameSequence)
            return openedTogether && (IsSameClient(left, b) || IsMasqueraded(left, b, names)) ? Evidence.SameSequence : Evidence.None;
        if (left.SawOpening && b.SawOpening && !openedTogether)
            return Evidence.None;
        if (IsTranslatedTo(left, b, names) || IsTranslatedTo(b, left, names))
            return Evidence.SameEndpoints;
        if (left.OriginalClient != b.OriginalClient && left.Client != b.Client)
            return Evidence.None;
        if ((left.Client == b.Client && left.Server == b.Server)
            || (left.OriginalClient == b.OriginalClient && left.OriginalServer == b.OriginalServer))
            return Evidence.SameEndpoints;
        if (left.Side == b.Side)
            return Evidence.None;
        return IsBehindService(left, b, names) switch
        {
            true => Evidence.BehindService,
            null when difference <= MaxOpeningDifferenceIfUnsure => Evidence.PossiblyBehindService,
            _ => Evidence.None,
        };
    }

    // The node of the server may translate a second time, from a host port to the pod.
    private static bool IsTranslatedTo(in Sighting a, in Sighting b, ClusterNames names) =>
        a.Translated is { } ends
        && ((ends.Client == b.Client
                && (ends.Server == b.Server || names.IsHostPortOf(b.Protocol, ends.Server, b.Server.Address, b.Opened)))
            || (ends.Client == b.OriginalClient && ends.Server == b.OriginalServer));

    private static bool HasOtherSequence(JoinedFlow flow, in Sighting b) =>
        flow.InitialSequence is { } left && b.InitialSequence is { } right && left != right;

    // One ended before the other began.
    private static bool IsDisjointInTime(in Sighting a, in Sighting b) =>
        (a.Ended && b.Opened > a.LastSeen + MaxOpeningDifference) || (b.Ended && a.Opened > b.LastSeen + MaxOpeningDifference);

    /// <summary>
    /// Two sightings of the same side are two connections that used the same port, unless a restarted agent reports the
    /// same connection again, or two nodes dropped packets of it.
    /// </summary>
    private static bool MayShareSide(SightingRecord a, in Sighting b, AgentEpoch agentOfB)
    {
        if (a.Flow.GetRecord(b.Side) is not { } present)
            return true;
        if (present.IsLast)
            return false;
        if (present.Agent.Key.Node != agentOfB.Key.Node)
            return b.Side == Side.Node;
        // A SYN that the restarted agent saw is a new connection, unless its predecessor saw the same SYN.
        bool sameOpening = b.InitialSequence is null || b.InitialSequence == present.Value.InitialSequence;
        return agentOfB.Key.Epoch > present.Agent.Key.Epoch && !present.Value.Ended && sameOpening
            && present.Value.Client == b.Client && present.Value.Server == b.Server;
    }

    private static bool IsSameClient(in Sighting a, in Sighting b) => a.OriginalClient == b.OriginalClient || a.Client == b.Client;

    // The side further from the client saw a node's address.
    private static bool IsMasqueraded(in Sighting a, in Sighting b, ClusterNames names)
    {
        bool aIsFurther = a.Side == Side.Server || (a.Side == Side.Node && b.Side == Side.Client);
        Sighting near = aIsFurther ? b : a, far = aIsFurther ? a : b;
        if (near.Side == far.Side || names.Addresses.PodAt(far.Client.Address, far.Opened) is not null)
            return false;
        return near.OriginalServer == far.Server || names.Addresses.PodAt(near.OriginalServer.Address, near.Opened) is null;
    }

    // Null: the client connected to a service, and the other server is neither a service nor a known backend.
    private static bool? IsBehindService(in Sighting a, in Sighting b, ClusterNames names)
    {
        if (a.Side != Side.Client && b.Side != Side.Client)
            return false;
        (Sighting client, Sighting other) = a.Side == Side.Client ? (a, b) : (b, a);
        if (names.Services.Find(client.Protocol, client.Server, client.Opened) is not { Port: { } port })
            return names.IsHostPortOf(client.Protocol, client.Server, other.Server.Address, other.Opened);
        if (port.HasBackend(other.Server))
            return true;
        return names.Services.Find(other.Protocol, other.Server, other.Opened) is null ? null : false;
    }
}
