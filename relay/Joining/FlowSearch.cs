using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Finds the flow that a new sighting belongs to: the strongest evidence wins, then the closest opening time.</summary>
internal readonly struct FlowSearch(SightingIndex index, AgentEpoch agent, ClusterNames names)
{
    // Bounds the work for a client that sends from one port to thousands, or always uses the same sequence number.
    private const int MaxCandidates = 256;

    /// <summary>The flow, or null if the sighting is of a new one.</summary>
    public JoinedFlow? Find(in Sighting incoming)
    {
        var best = new Candidate();
        SightingRecord? record = incoming.InitialSequence is { } sequence ? index.BySequence(sequence) : null;
        for (int i = 0; record is not null && i < MaxCandidates; i++, record = record.NextBySequence)
            Consider(record, incoming, ref best);
        ConsiderClient(incoming.OriginalClient, incoming, ref best);
        if (incoming.Client != incoming.OriginalClient)
            ConsiderClient(incoming.Client, incoming, ref best);
        if (incoming.Translated is { } translated)
            ConsiderClient(translated.Client, incoming, ref best);
        // If two nodes translated the connection, the original client is the address that the first node translated to.
        foreach (AddressPort client in (ReadOnlySpan<AddressPort>)[incoming.Client, incoming.OriginalClient])
        {
            if (index.ByTranslated(incoming.Protocol, client) is { } translatedBefore)
                Consider(translatedBefore, incoming, ref best);
        }
        return best.Evidence == Evidence.PossiblyBehindService && best.IsAmbiguous ? null : best.Flow;
    }

    /// <summary>The flow between the same two endpoints that the other endpoint opened at the same time; null if there is none.</summary>
    public JoinedFlow? FindSimultaneousOpen(in Sighting incoming)
    {
        if (incoming.Protocol != Protocol.Tcp || incoming.Side == Side.Node || incoming.InitialSequence is null)
            return null;
        SightingRecord? record = index.ByClient(incoming.Protocol, incoming.Server);
        for (int i = 0; record is not null && i < MaxCandidates; i++, record = record.NextByClient)
        {
            ref readonly Sighting other = ref record.Value;
            Side oppositeSide = incoming.Side == Side.Client ? Side.Server : Side.Client;
            if (other.Server == incoming.Client && record.Flow.GetRecord(oppositeSide) is null && !other.Ended
                && Math.Abs(other.Opened - incoming.Opened) <= EvidenceRules.MaxOpeningDifference)
                return record.Flow;
        }

        return null;
    }

    /// <summary>
    /// The UDP flow whose client this datagram is sent to, from the port that the client requested; null if there is none.
    /// </summary>
    public JoinedFlow? FindRequest(in Sighting incoming)
    {
        if (incoming.Protocol != Protocol.Udp || incoming.Side == Side.Node)
            return null;
        SightingRecord? record = index.ByClient(incoming.Protocol, incoming.Server);
        for (int i = 0; record is not null && i < MaxCandidates; i++, record = record.NextByClient)
        {
            ref readonly Sighting request = ref record.Value;
            if (IsDuring(request, incoming) && (request.Server.Port == incoming.Client.Port || IsServedBy(request, incoming.Client.Port)))
                return record.Flow;
        }

        return null;
    }

    /// <summary>
    /// The UDP conversation of which this dropped datagram is a response; null if there is none. A node without an entry in its
    /// connection tracker takes it for a request.
    /// </summary>
    public JoinedFlow? FindAnswered(in Sighting incoming)
    {
        if (incoming is not { Protocol: Protocol.Udp, Side: Side.Node })
            return null;
        SightingRecord? record = index.ByClient(incoming.Protocol, incoming.Server);
        for (int i = 0; record is not null && i < MaxCandidates; i++, record = record.NextByClient)
        {
            if (IsAnswer(record.Value, incoming))
                return record.Flow;
        }

        return index.ByTranslated(incoming.Protocol, incoming.Server) is { } translated && IsAnswer(translated.Value, incoming)
            ? translated.Flow
            : null;
    }

    private bool IsAnswer(in Sighting request, in Sighting answer)
    {
        AddressPort server = answer.Client;
        return IsDuring(request, answer)
            && (request.Server == server
                || request.OriginalServer == server
                || request.Translated?.Server == server
                || (names.Services.Find(request.Protocol, request.OriginalServer, request.Opened) is { Port: { } port }
                    && port.HasBackend(server)));
    }

    private static bool IsDuring(in Sighting request, in Sighting answer) =>
        request.Opened <= answer.Opened + EvidenceRules.MaxOpeningDifference
        && answer.Opened <= request.LastSeen + UnixTime.Minute;

    private bool IsServedBy(in Sighting request, ushort port)
    {
        if (names.Services.Find(request.Protocol, request.OriginalServer, request.Opened) is not { Port: { } service })
            return false;
        foreach (AddressPort backend in service.Backends)
        {
            if (backend.Port == port)
                return true;
        }

        return false;
    }

    private void ConsiderClient(AddressPort client, in Sighting incoming, ref Candidate best)
    {
        SightingRecord? record = index.ByClient(incoming.Protocol, client);
        for (int i = 0; record is not null && i < MaxCandidates; i++, record = record.NextByClient)
            Consider(record, incoming, ref best);
    }

    private void Consider(SightingRecord record, in Sighting incoming, ref Candidate best)
    {
        Evidence evidence = EvidenceRules.Evaluate(record, incoming, agent, names);
        if (evidence == Evidence.None)
            return;
        best.IsAmbiguous |= best.Flow is not null && best.Flow != record.Flow;
        long difference = Math.Abs(record.Value.Opened - incoming.Opened);
        if (best.Flow is null || evidence < best.Evidence || (evidence == best.Evidence && difference < best.Difference))
            (best.Flow, best.Evidence, best.Difference) = (record.Flow, evidence, difference);
    }

    private struct Candidate
    {
        public JoinedFlow? Flow;
        public Evidence Evidence;
        public long Difference;
        public bool IsAmbiguous;
    }
}
