using Depmap.Agent.Records;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>The state of one TCP connection or UDP conversation at one interface. Times are CLOCK_MONOTONIC, in ns.</summary>
internal sealed class Connection : ChangeOrder<Connection>.Item
{
    private const int DnsPort = 53;

    public required ConnectionKey Key { get; init; }

    /// <summary>Unique within this run of the agent.</summary>
    public required ulong Id { get; init; }

    public required Side Side { get; init; }

    public required long Opened { get; init; }

    public State State { get; set; } = State.Opening;

    public long Last { get; set; }

    /// <summary>The sequence number of the client's first SYN; null if the SYN was not seen.</summary>
    public uint? InitialSequence { get; set; }

    public int SynRetransmits { get; set; }

    public long LastSyn { get; set; }

    /// <summary>When the first SYN-ACK was seen; 0 before that.</summary>
    public long SynAck { get; set; }

    public bool FinFromPod { get; set; }

    public bool FinToPod { get; set; }

    /// <summary>When it was closed; 0 while it is open. It is kept until its last counts and late packets have been read.</summary>
    public long Closed { get; set; }

    public bool Ended { get; set; }

    public bool Guessed { get; init; }

    /// <summary>Its opening was not seen: it is older than <see cref="Opened"/>.</summary>
    public bool Older { get; set; }

    public DropReason DropReason { get; set; }

    public string DropDetail { get; set; } = "";

    public ulong BytesFromPod { get; set; }

    public ulong BytesToPod { get; set; }

    public ulong PacketsFromPod { get; set; }

    public ulong PacketsToPod { get; set; }

    /// <summary>
    /// For drops of an established connection: the client's segment that was dropped last, and how often. TCP recovers from
    /// single losses; a segment that is dropped every time it is sent has cut off the connection.
    /// </summary>
    public (uint Sequence, int Times) ClientRepeatedDrops { get; set; }

    public (uint Sequence, int Times) ServerRepeatedDrops { get; set; }

    /// <summary>Only losses so far that TCP may recover from: not reported to the relay.</summary>
    public bool IsUnconfirmed => ClientRepeatedDrops.Times + ServerRepeatedDrops.Times > 0
        && Math.Max(ClientRepeatedDrops.Times, ServerRepeatedDrops.Times) < Timing.RepeatedDropsBeforeFailure;

    /// <summary>For a drop, or at the server's interface: the client's packets before translation; null if unknown.</summary>
    public PacketEnds? Original { get; set; }

    /// <summary>At the client's interface: its packets after translation; null if they are not translated, or if unknown.</summary>
    public PacketEnds? Translated { get; set; }

    /// <summary>The lookup of <see cref="Original"/> and <see cref="Translated"/> is done, or was skipped.</summary>
    public bool TranslationLookedUp { get; set; }

    /// <summary>Takes over what the connection tracker knows about a connection whose opening was not seen.</summary>
    public void SetOpener(in TrackedFlow tracked)
    {
        PacketEnds fromPod = Key.Flow.FromPod();
        PacketEnds translated = tracked.Reply.Reversed();
        if (Side == Side.Client && translated != fromPod)
            Translated = translated;
        if (Side == Side.Server && tracked.Original != fromPod.Reversed())
            Original = tracked.Original;
        (TranslationLookedUp, Older) = (true, true);
    }

    /// <summary>It is in the queue for the relay.</summary>
    public bool Queued { get; set; }

    /// <summary>It is no longer in the table, at most in the queue.</summary>
    public bool Removed { get; set; }

    /// <summary>
    /// The connections of its interface, or of its pod's for a drop in the node's network namespace; null before it is in the table.
    /// </summary>
    public InterfaceConnections? SameInterface { get; set; }

    /// <summary>The direction of the client's packets at this interface.</summary>
    public Direction FromClient => Side == Side.Server ? Direction.ToPod : Direction.FromPod;

    public bool IsTcp => Key.Protocol == TransportProtocol.Tcp;

    public bool IsOpening => State is State.Opening;

    /// <summary>Nothing more is expected, apart from the answer to a second question of the same socket.</summary>
    public bool IsAnsweredDns => State is State.Established && !IsTcp
        && (Side == Side.Server ? Key.Flow.PodPort : Key.Flow.PeerPort).Number == DnsPort;
}
