using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>Finds the sightings that may be of the same flow: by the client's end, and by the SYN's sequence number.</summary>
internal sealed class SightingIndex
{
    private readonly Dictionary<(Protocol, AddressPort), SightingRecord> _byClient = [];
    private readonly Dictionary<uint, SightingRecord> _bySequence = [];

    // Few are translated: no chain.
    private readonly Dictionary<(Protocol, AddressPort), SightingRecord> _byTranslated = [];

    /// <summary>The newest of that client, others by <see cref="SightingRecord.NextByClient"/>.</summary>
    public SightingRecord? ByClient(Protocol protocol, AddressPort opener) => _byClient.GetValueOrDefault((protocol, opener));

    /// <summary>The newest whose client is, after translation, that one.</summary>
    public SightingRecord? ByTranslated(Protocol protocol, AddressPort client) => _byTranslated.GetValueOrDefault((protocol, client));

    /// <summary>The newest with that number, others by <see cref="SightingRecord.NextBySequence"/>.</summary>
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

    private static (Protocol, AddressPort) ClientKey(SightingRecord record) => (record.Value.Protocol, record.Value.Opener);

    private static void SetHead<TKey>(Dictionary<TKey, SightingRecord> heads, TKey key, SightingRecord? head)
        where TKey : notnull
    {
        if (head is null)
            heads.Remove(key);
        else
            heads[key] = head;
    }
}
