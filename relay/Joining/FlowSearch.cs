using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Finds the flow that a new sighting is part of: the best evidence wins, then the closest opening.</summary>
internal readonly struct FlowSearch(SightingIndex index, AgentEpoch agent, ClusterNames names)
{
    // Who sends from one port to thousands, or fixes the sequence number, is not to slow the relay down.
    private const int LookAtMost = 256;

    /// <summary>The flow, or null where the sighting begins one.</summary>
    public JoinedFlow? Find(in Sighting told)
    {
        var best = new Best();
        SightingRecord? record = told.InitialSequence is { } sequence ? index.BySequence(sequence) : null;
        for (int i = 0; record is not null && i < LookAtMost; i++, record = record.NextBySequence)
            Consider(record, told, ref best);
        LookAlongClient(told.Opener, told, ref best);
        if (told.Client != told.Opener)
            LookAlongClient(told.Client, told, ref best);
        if (told.Translated is { } translated)
            LookAlongClient(translated.Client, told, ref best);
        // Twice, where a second node translated it again: the opener is then who the first one made of the client.
        foreach (AddressPort client in (ReadOnlySpan<AddressPort>)[told.Client, told.Opener])
        {
            if (index.ByTranslated(told.Protocol, client) is { } before)
                Consider(before, told, ref best);
        }
        return best.Evidence == Evidence.PerhapsBehindService && best.Several ? null : best.Flow;
    }

    /// <summary>The flow between the same two ends that the other one opened at the same time; null where there is none.</summary>
    public JoinedFlow? FindOpenedByBoth(in Sighting told)
    {
        if (told.Protocol != Protocol.Tcp || told.Side == Side.Node || told.InitialSequence is null)
            return null;
        SightingRecord? record = index.ByClient(told.Protocol, told.Server);
        for (int i = 0; record is not null && i < LookAtMost; i++, record = record.NextByClient)
        {
            ref readonly Sighting other = ref record.Value;
            Side mine = told.Side == Side.Client ? Side.Server : Side.Client;
            if (other.Server == told.Client && record.Flow.At(mine) is null && !other.Ended
                && Math.Abs(other.Opened - told.Opened) <= EvidenceRules.OpeningsApart)
                return record.Flow;
        }

        return null;
    }

    /// <summary>The conversation whose client this is sent to, by the port that it asked; null where there is none.</summary>
    public JoinedFlow? FindAnsweredBy(in Sighting told)
    {
        if (told.Protocol != Protocol.Udp || told.Side == Side.Node)
            return null;
        SightingRecord? record = index.ByClient(told.Protocol, told.Server);
        for (int i = 0; record is not null && i < LookAtMost; i++, record = record.NextByClient)
        {
            ref readonly Sighting asked = ref record.Value;
            bool isBefore = asked.Opened <= told.Opened + EvidenceRules.OpeningsApart && told.Opened <= asked.Last + UnixTime.Minute;
            if (isBefore && (asked.Server.Port == told.Client.Port || IsServedBy(asked, told.Client.Port)))
                return record.Flow;
        }

        return null;
    }

    private bool IsServedBy(in Sighting asked, ushort port)
    {
        if (names.Services.Find(asked.Protocol, asked.Asked, asked.Opened) is not { Port: { } served })
            return false;
        foreach (AddressPort backend in served.Backends)
        {
            if (backend.Port == port)
                return true;
        }

        return false;
    }

    private void LookAlongClient(AddressPort client, in Sighting told, ref Best best)
    {
        SightingRecord? record = index.ByClient(told.Protocol, client);
        for (int i = 0; record is not null && i < LookAtMost; i++, record = record.NextByClient)
            Consider(record, told, ref best);
    }

    private void Consider(SightingRecord record, in Sighting told, ref Best best)
    {
        Evidence evidence = EvidenceRules.Judge(record, told, agent, names);
        if (evidence == Evidence.None)
            return;
        best.Several |= best.Flow is not null && best.Flow != record.Flow;
        long apart = Math.Abs(record.Value.Opened - told.Opened);
        if (best.Flow is null || evidence < best.Evidence || (evidence == best.Evidence && apart < best.Apart))
            (best.Flow, best.Evidence, best.Apart) = (record.Flow, evidence, apart);
    }

    private struct Best
    {
        public JoinedFlow? Flow;
        public Evidence Evidence;
        public long Apart;
        public bool Several;
    }
}
