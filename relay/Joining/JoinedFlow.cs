using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>One connection or conversation, with the sightings of it that came so far: at most one chain a side.</summary>
internal sealed class JoinedFlow
{
    public SightingRecord? Client { get; private set; }
    public SightingRecord? Server { get; private set; }
    public SightingRecord? Node { get; private set; }

    /// <summary>Sightings of answers to it from another address than the one asked; they are no flow of their own.</summary>
    public SightingRecord? Answer { get; set; }

    /// <summary>Each end sent a SYN to the other (RFC 9293 3.5): who is the client cannot be known.</summary>
    public bool OpenedByBoth { get; set; }

    /// <summary>Since when the relay knows the present verdict, Unix nanoseconds.</summary>
    public long KnownAt { get; set; }

    /// <summary>When it is to be looked at again; null where no timer is set.</summary>
    public long? DueAt { get; set; }

    /// <summary>The verdict last published; unspecified before.</summary>
    public Verdict Published { get; set; }
    public Decision Decision { get; set; }

    /// <summary>When the relay last heard of it, Unix nanoseconds.</summary>
    public long HeardAt { get; set; }

    /// <summary>It stands in the joiner's list of flows to settle.</summary>
    public bool Touched { get; set; }

    /// <summary>The names it was last shown by.</summary>
    public FlowNames Names { get; set; }

    /// <summary>The value that the edge map returned for this flow. Only the map interprets it.</summary>
    public object? MapHandle { get; set; }

    // Its place in one of the joiner's two queues.
    public JoinedFlow? NextInQueue, PreviousInQueue;
    public FlowQueue? Queue;

    public Protocol Protocol => Any.Value.Protocol;
    public AddressPort Opener => (Client ?? Node ?? Server)!.Value.Opener;
    public AddressPort Asked => (Client ?? Node ?? Server)!.Value.Asked;

    /// <summary>The node that opened it itself, by an address that perhaps no object lists; null where another did, or may have.</summary>
    public Owner? OpenerNode => this is { Client: null, Node: null, Server: { Value.ClientIsNode: true } server } ? server.Agent.Node : null;

    /// <summary>The end that answered, or was to answer, where translation made it another than the one asked.</summary>
    public AddressPort? Answered => (Server ?? Node)?.Value.Server is { } end && end != Asked ? end : null;

    /// <summary>When it was opened, by the clock of the client's node where that saw it; Unix nanoseconds.</summary>
    public long Opened => Client is { } client ? client.Oldest.Value.Opened
        : Math.Min(Server?.Oldest.Value.Opened ?? long.MaxValue, Node?.Oldest.Value.Opened ?? long.MaxValue);

    public long Last => Math.Max(Client?.Value.Last ?? 0, Math.Max(Server?.Value.Last ?? 0, Node?.Value.Last ?? 0));

    /// <summary>The sequence number of its SYN, if any side saw that.</summary>
    public uint? InitialSequence => Client?.Value.InitialSequence ?? Server?.Value.InitialSequence ?? Node?.Value.InitialSequence;

    public string SeenOn => (Client ?? Server ?? Node)!.Agent.Key.Node;

    public bool WasEstablished => HasEstablished(Client) || HasEstablished(Server) || Answer is not null;

    /// <summary>Nobody saw who opened it, or both did.</summary>
    public bool Guessed => OpenedByBoth || (AllGuessed(Client) && AllGuessed(Server) && AllGuessed(Node));

    public ulong HandshakeNs
    {
        get
        {
            for (SightingRecord? record = Client; record is not null; record = record.Former)
            {
                if (record.Value.HandshakeNs > 0)
                    return record.Value.HandshakeNs;
            }

            return 0;
        }
    }

    /// <summary>At the client's interface, else at the server's; the starts of one agent add up.</summary>
    public (ulong ToServer, ulong ToClient) Bytes
    {
        get
        {
            (ulong toServer, ulong toClient) = (0UL, 0UL);
            for (SightingRecord? record = Client ?? Server; record is not null; record = record.Former)
            {
                toServer += record.Value.BytesToServer;
                toClient += record.Value.BytesToClient;
            }

            return (toServer, toClient);
        }
    }

    public bool Ended => Client?.Value.Ended != false && Server?.Value.Ended != false && Node?.Value.Ended != false && Answer?.Value.Ended != false;

    public SightingRecord? At(Side side) => side switch
    {
        Side.Client => Client,
        Side.Server => Server,
        _ => Node,
    };

    public void Put(SightingRecord record)
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

    private SightingRecord Any => (Client ?? Server ?? Node)!;

    private static bool HasEstablished(SightingRecord? record) => record is not null && (record.WasEstablished || HasEstablished(record.Former));

    private static bool AllGuessed(SightingRecord? record) => record is null || (record.Value.Guessed && AllGuessed(record.Former));
}
