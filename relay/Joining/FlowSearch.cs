using Depmap.Relay.Names;

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
