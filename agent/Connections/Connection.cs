using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>What is known of one TCP connection or UDP conversation at one interface. Times are CLOCK_MONOTONIC, ns.</summary>
internal sealed class Connection
{
    public required ConnectionKey Key { get; init; }

    /// <summary>Unique within this run of the agent.</summary>
    public required ulong Id { get; init; }

    public required Side Side { get; init; }

    public required long Opened { get; init; }

    public State State { get; set; } = State.Opening;

    public long Last { get; set; }

    /// <summary>Whether the client's first SYN was seen, and its sequence number.</summary>
    public uint? InitialSequence { get; set; }

    public int SynRetransmits { get; set; }

    public long LastSyn { get; set; }

    /// <summary>0 until a SYN-ACK was seen.</summary>
    public long SynAck { get; set; }

    public bool FinFromPod { get; set; }

    public bool FinToPod { get; set; }

    /// <summary>0 while it is open. A closed one stays until its last counts were read and stragglers have come.</summary>
    public long Closed { get; set; }

    public bool Ended { get; set; }

    public bool Guessed { get; init; }

    public DropReason DropReason { get; set; }

    public string DropDetail { get; set; } = "";

    public ulong PacketsFromPod { get; set; }

    public ulong PacketsToPod { get; set; }

    public ulong BytesFromPod { get; set; }

    public ulong BytesToPod { get; set; }

    /// <summary>
    /// Drops of an established connection only: the segment of each side that was thrown away last, and how often. TCP mends
    /// what it loses; a segment that is lost again and again is the connection's end.
    /// </summary>
    public (uint Sequence, int Times) StuckOfClient { get; set; }

    public (uint Sequence, int Times) StuckOfServer { get; set; }

    /// <summary>So far nothing but losses that TCP may mend: not for the relay.</summary>
    public bool IsDoubtful => StuckOfClient.Times + StuckOfServer.Times > 0
        && Math.Max(StuckOfClient.Times, StuckOfServer.Times) < Timing.DropsBeforeStuck;

    /// <summary>Of a drop, or at a server's interface: the client's packets before translation; null where that is not known.</summary>
    public PacketEnds? Original { get; set; }

    /// <summary>At a client's interface: its packets after translation; null where they are not translated, or that is not known.</summary>
    public PacketEnds? Translated { get; set; }

    /// <summary>The connection tracker was asked for both of these, or there was no time to.</summary>
    public bool TranslationAsked { get; set; }

    /// <summary>Waits in the queue of those to be reported.</summary>
    public bool Queued { get; set; }

    /// <summary>Was reported at least once.</summary>
    public bool Reported { get; set; }

    /// <summary>The way that the client's packets go at this interface.</summary>
    public Direction FromClient => Side == Side.Server ? Direction.ToPod : Direction.FromPod;

    public bool IsTcp => Key.Protocol == TransportProtocol.Tcp;

    public bool IsOpening => State is State.Opening;
}
