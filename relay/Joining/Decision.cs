using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>What became of a flow, as far as its sightings tell; the verdict is unspecified while they do not.</summary>
/// <param name="Guessed">That it arrived was inferred.</param>
internal readonly record struct Decision(Verdict Verdict, DropReason Reason = default, string? Detail = null, bool Guessed = false)
{
    private static readonly Decision Forwarded = new(Verdict.Forwarded);

    public static Decision Of(JoinedFlow flow, ClusterNames names)
    {
        if (CutOff(flow) is { } cut)
            return new Decision(Verdict.Dropped, cut.DropReason, cut.DropDetail);
        // Seen both ways once is final: a lost SYN was sent again, a later error ends what was a flow.
        if (flow.WasEstablished || flow.Published == Verdict.Forwarded)
            return Forwarded with { Guessed = !flow.WasEstablished && flow.Server is null };
        if (Dropped(flow) is { } drop)
            return new Decision(Verdict.Dropped, ReasonOf(flow, drop, names), drop.DropDetail);
        if (flow.Protocol == Protocol.Udp && (IsOneWay(flow.Client) || IsOneWay(flow.Server)))
            return Forwarded with { Guessed = flow.Server is null };
        return default;
    }

    // Of a TCP packet that is no opening the agent tells only where it is the connection's end.
    private static Sighting? CutOff(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Former)
        {
            if (record.Value is { Protocol: Protocol.Tcp, InitialSequence: null, State: State.Dropped })
                return record.Value;
        }

        return null;
    }

    // Where the packet was thrown away says more than what the client made of the silence or the answer.
    private static Sighting? Dropped(JoinedFlow flow)
    {
        for (SightingRecord? record = flow.Node; record is not null; record = record.Former)
        {
            if (IsDropped(record) && record.Value.DropReason is DropReason.Policy or DropReason.Unreachable or DropReason.Kernel)
                return record.Value;
        }

        return IsDropped(flow.Client) ? flow.Client!.Value
            : IsDropped(flow.Server) ? flow.Server!.Value
            : IsDropped(flow.Node) ? flow.Node!.Value
            : null;
    }

    // kube-proxy rejects in netfilter what no endpoint can serve: the kernel calls that a policy's drop, and the client
    // hears "port unreachable". Only the objects tell.
    private static DropReason ReasonOf(JoinedFlow flow, in Sighting drop, ClusterNames names)
    {
        bool mayBeUnserved = drop.DropReason is DropReason.Policy or DropReason.Unreachable && flow.Answered is null;
        return mayBeUnserved && names.Services.Find(flow.Protocol, flow.Asked, flow.Opened) is { } asked && asked.Port?.HasReadyBackend != true
            ? DropReason.NoEndpoints
            : drop.DropReason;
    }

    private static bool IsDropped(SightingRecord? record) => record?.Value.State == State.Dropped;

    private static bool IsOneWay(SightingRecord? record) => record?.Value.State == State.OneWay;
}
