using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Finds sightings that may belong to the same flow, by the client's endpoint and by the SYN's sequence number.</summary>
internal sealed class SightingIndex
{
    private readonly Dictionary<(Protocol, AddressPort), SightingRecord> _byClient = [];
    private readonly Dictionary<uint, SightingRecord> _bySequence = [];

    // Few sightings have translated endpoints, so there is no chain.
    private readonly Dictionary<(Protocol, AddressPort), SightingRecord> _byTranslated = [];

    /// <summary>The newest sighting of a client; follow <see cref="SightingRecord.NextByClient"/> for the others.</summary>
    public SightingRecord? ByClient(Protocol protocol, AddressPort client) => _byClient.GetValueOrDefault((protocol, client));

    /// <summary>The newest sighting whose client has this address after translation.</summary>
    public SightingRecord? ByTranslated(Protocol protocol, AddressPort client) => _byTranslated.GetValueOrDefault((protocol, client));

    /// <summary>The newest sighting with a sequence number; follow <see cref="SightingRecord.NextBySequence"/> for the others.</summary>
    public SightingRecord? BySequence(uint sequence) => _bySequence.GetValueOrDefault(sequence);

    public void Add(SightingRecord record)
    {
        ref SightingRecord? head = ref CollectionsMarshal.GetValueRefOrAddDefault(_byClient, ClientKey(record), out _);
        record.NextByClient = head;
        if (head is not null)
            head.PreviousByClient = record;
        head = record;
        if (record.Value.Translated is { } translated)
            _byTranslated[(record.Value.Protocol, translated.Client)] = record;
        if (record.Value.InitialSequence is not { } sequence)
            return;
        ref SightingRecord? first = ref CollectionsMarshal.GetValueRefOrAddDefault(_bySequence, sequence, out _);
        record.NextBySequence = first;
        if (first is not null)
            first.PreviousBySequence = record;
        first = record;
    }

    public void Remove(SightingRecord record)
    {
        if (record.NextByClient is { } next)
            next.PreviousByClient = record.PreviousByClient;
        if (record.PreviousByClient is { } previous)
            previous.NextByClient = record.NextByClient;
        else
            SetHead(_byClient, ClientKey(record), record.NextByClient);
        if (record.Value.Translated is { } translated && ByTranslated(record.Value.Protocol, translated.Client) == record)
            _byTranslated.Remove((record.Value.Protocol, translated.Client));
        if (record.Value.InitialSequence is not { } sequence)
            return;
        if (record.NextBySequence is { } after)
            after.PreviousBySequence = record.PreviousBySequence;
        if (record.PreviousBySequence is { } before)
            before.NextBySequence = record.NextBySequence;
        else
            SetHead(_bySequence, sequence, record.NextBySequence);
    }

    private static (Protocol, AddressPort) ClientKey(SightingRecord record) => (record.Value.Protocol, record.Value.OriginalClient);

    private static void SetHead<TKey>(Dictionary<TKey, SightingRecord> heads, TKey key, SightingRecord? head)
        where TKey : notnull
    {
        if (head is null)
            heads.Remove(key);
        else
            heads[key] = head;
    }
}
