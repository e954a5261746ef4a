using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>A connection or UDP conversation with its sightings so far: at most one chain of records for each side.</summary>
/// <param name="id">Unique, also among the flows of other relays.</param>
/// <param name="node">The node whose agent reported it first.</param>
internal sealed class JoinedFlow(ulong id, ObservedNode node) : ChangeOrder<JoinedFlow>.Item
{
    public ulong Id { get; } = id;
    public ObservedNode ReportedBy { get; } = node;

    public SightingRecord? Client { get; private set; }
    public SightingRecord? Server { get; private set; }
    public SightingRecord? Node { get; private set; }

    /// <summary>Sightings of replies from an address other than the requested one; they do not form a separate flow.</summary>
    public SightingRecord? Reply { get; set; }

    /// <summary>Both endpoints sent a SYN (RFC 9293 3.5): it is not known which one is the client.</summary>
    public bool SimultaneousOpen { get; set; }

    /// <summary>Since when the current verdict is known, Unix nanoseconds.</summary>
    public long VerdictSince { get; set; }

    /// <summary>When the flow is due to be checked again, Unix nanoseconds; null if no timer is set.</summary>
    public long? DueAt { get; set; }

    /// <summary>The last published verdict; unspecified before the first.</summary>
    public Verdict PublishedVerdict { get; set; }
    public Decision Decision { get; set; }

    /// <summary>It was published as forwarded, even if its last verdict is another.</summary>
    public bool WasForwarded { get; set; }

    /// <summary>When its end is due to be published, Unix nanoseconds; null if it has not ended, or is published.</summary>
    public long? CloseDueAt { get; set; }

    /// <summary>Its end was published.</summary>
    public bool IsClosed { get; set; }

    /// <summary>When an agent last reported this flow, Unix nanoseconds.</summary>
    public long LastReportAt { get; set; }

    /// <summary>Whether the flow is in the joiner's list of changed flows.</summary>
    public bool IsChanged { get; set; }

    /// <summary>The names of the last update.</summary>
    public FlowNames Names { get; set; }

    /// <summary>The value that the edge map returned for this flow. Only the map interprets it.</summary>
    public object? MapHandle { get; set; }

    public Protocol Protocol => FirstRecord.Value.Protocol;
    public AddressPort Source => (Client ?? Node ?? Server)!.Value.OriginalClient;
    public AddressPort Destination => (Client ?? Node ?? Server)!.Value.OriginalServer;

    /// <summary>
    /// The node, if a process on it opened the flow, possibly from an address that no object lists; null if the client is
    /// or may be something else.
    /// </summary>
    public Owner? SourceNode =>
        this is { Client: null, Node: null, Server: { Value.ClientIsNode: true } server } ? server.Agent.NodeOwner : null;

    /// <summary>The endpoint that serves the flow, if translation made it differ from the destination.</summary>
    public AddressPort? Backend => (Server ?? Node)?.Value.Server is { } end && end != Destination ? end : null;

    /// <summary>Unix nanoseconds, by the clock of the client's node if that observed the flow.</summary>
    public long Opened => Client is { } client ? client.First.Value.Opened
        : Math.Min(Server?.First.Value.Opened ?? long.MaxValue, Node?.First.Value.Opened ?? long.MaxValue);

    public long LastSeen => Math.Max(Client?.Value.LastSeen ?? 0, Math.Max(Server?.Value.LastSeen ?? 0, Node?.Value.LastSeen ?? 0));

    /// <summary>The sequence number of the SYN, if any side saw it.</summary>
    public uint? InitialSequence => Client?.Value.InitialSequence ?? Server?.Value.InitialSequence ?? Node?.Value.InitialSequence;

    /// <summary>Since when the client's interface leads to its pod; see <see cref="Sighting.InterfaceSince"/>.</summary>
    public long? ClientInterfaceSince => InterfaceSince(Client);

    /// <summary>The same for the server.</summary>
    public long? ServerInterfaceSince => InterfaceSince(Server);

    public string ObservedOn => (Client ?? Server ?? Node)!.Agent.Key.Node;

    public bool WasEstablished => HasEstablished(Client) || HasEstablished(Server) || Reply is not null;

    /// <summary>The client was inferred: no side saw the opening, or both endpoints opened the connection.</summary>
    public bool Guessed => SimultaneousOpen || (AllGuessed(Client) && AllGuessed(Server) && AllGuessed(Node));

    public ulong HandshakeNs
    {
        get
        {
            for (SightingRecord? record = Client; record is not null; record = record.Previous)
            {
                if (record.Value.HandshakeNs > 0)
                    return record.Value.HandshakeNs;
            }

            return 0;
        }
    }

    /// <summary>From the client side if there is one, otherwise from the server side; a restarted agent's counts are added.</summary>
    public (ulong ToServer, ulong ToClient) Bytes
    {
        get
        {
            (ulong toServer, ulong toClient) = (0UL, 0UL);
            for (SightingRecord? record = Client ?? Server; record is not null; record = record.Previous)
            {
                toServer += record.Value.BytesToServer;
                toClient += record.Value.BytesToClient;
            }

            return (toServer, toClient);
        }
    }

    /// <summary>As <see cref="Bytes"/>; 0 from older agents.</summary>
    public (ulong ToServer, ulong ToClient) Packets
    {
        get
        {
            (ulong toServer, ulong toClient) = (0UL, 0UL);
            for (SightingRecord? record = Client ?? Server; record is not null; record = record.Previous)
            {
                toServer += record.Value.PacketsToServer;
                toClient += record.Value.PacketsToClient;
            }

            return (toServer, toClient);
        }
    }

    /// <summary>The time of the last packet at the side that <see cref="Bytes"/> are from, Unix nanoseconds.</summary>
    public long Closed => (Client ?? Server ?? Node)!.Value.LastSeen;

    /// <summary>From the first packet to the last at that side, in nanoseconds; null if its opening was not observed.</summary>
    public long? Duration => (Client ?? Server) is { First.Value: { SawOpening: true } first } ? Closed - first.Opened : null;

    public bool Ended =>
        Client?.Value.Ended != false
        && Server?.Value.Ended != false
        && Node?.Value.Ended != false
        && Reply?.Value.Ended != false;

    /// <summary>Whether one end of the flow has reported the end of it.</summary>
    public bool HasEndedSide => Client?.Value.Ended == true || Server?.Value.Ended == true;

    public SightingRecord? GetRecord(Side side) => side switch
    {
        Side.Client => Client,
        Side.Server => Server,
        _ => Node,
    };

    public void SetRecord(SightingRecord record)
    {
        switch (record.Value.Side)
        {
            case Side.Client:
                Client = record;
                break;
            case Side.Server:
                Server = record;
                break;
            default:
                Node = record;
                break;
        }
    }

    private SightingRecord FirstRecord => (Client ?? Server ?? Node)!;

    private static bool HasEstablished(SightingRecord? record) =>
        record is not null && (record.WasEstablished || HasEstablished(record.Previous));

    private static long? InterfaceSince(SightingRecord? record) =>
        record is null ? null : record.Value.InterfaceSince ?? InterfaceSince(record.Previous);

    private static bool AllGuessed(SightingRecord? record) => record is null || (record.Value.Guessed && AllGuessed(record.Previous));
}
