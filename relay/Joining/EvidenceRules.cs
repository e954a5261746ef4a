using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Judges whether two sightings are of one flow. Pure.</summary>
internal static class EvidenceRules
{
    /// <summary>Nodes' clocks agree to well within this, and a SYN does not travel longer. Nanoseconds.</summary>
    public const long OpeningsApart = 5 * UnixTime.Second;

    private const long OpeningsApartUnsure = UnixTime.Second;

    public static Evidence Judge(SightingRecord a, in Sighting b, AgentEpoch agentOfB, ClusterNames names)
    {
        ref readonly Sighting left = ref a.Value;
        if (left.Protocol != b.Protocol || IsOtherSyn(a.Flow, b) || IsOtherTime(left, b) || !MayShareSide(a, b, agentOfB))
            return Evidence.None;
        long apart = Math.Abs(left.Opened - b.Opened);
        bool toldAnew = left.Side == b.Side && a.Agent.Key.Node == agentOfB.Key.Node;
        bool openedTogether = toldAnew || apart <= OpeningsApart;
        if (left.InitialSequence is { } sequence && sequence == b.InitialSequence)
            return openedTogether && SameOpener(left, b, names) ? Evidence.SameSequence : Evidence.None;
        if (left.SawOpening && b.SawOpening && !openedTogether)
            return Evidence.None;
        if (IsTranslatedTo(left, b) || IsTranslatedTo(b, left))
            return openedTogether ? Evidence.SameEnds : Evidence.None;
        if (left.Opener != b.Opener && left.Client != b.Client)
            return Evidence.None;
        if ((left.Client == b.Client && left.Server == b.Server) || (left.Opener == b.Opener && left.Asked == b.Asked))
            return Evidence.SameEnds;
        if (left.Side == b.Side)
            return Evidence.None;
        return BehindService(left, b, names) switch
        {
            true => Evidence.BehindService,
            null when apart <= OpeningsApartUnsure => Evidence.PerhapsBehindService,
            _ => Evidence.None,
        };
    }

    private static bool IsTranslatedTo(in Sighting a, in Sighting b) =>
        a.Translated is { } ends
        && ((ends.Client == b.Client && ends.Server == b.Server) || (ends.Client == b.Opener && ends.Server == b.Asked));

    private static bool IsOtherSyn(JoinedFlow flow, in Sighting b) =>
        flow.InitialSequence is { } left && b.InitialSequence is { } right && left != right;

    // One was over before the other began.
    private static bool IsOtherTime(in Sighting a, in Sighting b) =>
        (a.Ended && b.Opened > a.Last + OpeningsApart) || (b.Ended && a.Opened > b.Last + OpeningsApart);

    /// <summary>
    /// Two sightings of one side are two connections (a port used again), except when a restarted agent tells the same
    /// one anew, or when two nodes dropped packets of it.
    /// </summary>
    private static bool MayShareSide(SightingRecord a, in Sighting b, AgentEpoch agentOfB)
    {
        if (a.Flow.At(b.Side) is not { } present)
            return true;
        if (present.Agent.Key.Node != agentOfB.Key.Node)
            return b.Side == Side.Node;
        // An agent that saw the SYN after its start saw a new connection, unless the old one saw the same SYN.
        bool sameOpening = b.InitialSequence is null || b.InitialSequence == present.Value.InitialSequence;
        return agentOfB.Key.Epoch > present.Agent.Key.Epoch && !present.Value.Ended && sameOpening
            && present.Value.Client == b.Client && present.Value.Server == b.Server;
    }

    private static bool SameOpener(in Sighting a, in Sighting b, ClusterNames names)
    {
        if (a.Opener == b.Opener || a.Client == b.Client)
            return true;
        // Masqueraded on the way: the side further from the client saw a node's address.
        bool aIsFurther = a.Side == Side.Server || (a.Side == Side.Node && b.Side == Side.Client);
        Sighting near = aIsFurther ? b : a, far = aIsFurther ? a : b;
        if (near.Side == far.Side || names.Addresses.PodAt(far.Client.Address, far.Opened) is not null)
            return false;
        return near.Asked == far.Server || names.Addresses.PodAt(near.Asked.Address, near.Opened) is null;
    }

    // Null: the service is known, but not that the end is behind it.
    private static bool? BehindService(in Sighting a, in Sighting b, ClusterNames names)
    {
        if (a.Side != Side.Client && b.Side != Side.Client)
            return false;
        (Sighting client, Sighting other) = a.Side == Side.Client ? (a, b) : (b, a);
        if (names.Services.Find(client.Protocol, client.Server, client.Opened) is not { Port: { } port })
            return false;
        if (port.IsBackedBy(other.Server))
            return true;
        return names.Services.Find(other.Protocol, other.Server, other.Opened) is null ? null : false;
    }
}
