namespace Depmap.Agent.Connections;

/// <summary>How long things take, in nanoseconds.</summary>
internal static class Timing
{
    public const long Second = 1_000_000_000;

    /// <summary>A flow's last packet is dated by a clock that is up to a tick behind that of the moments (10 ms at 100 Hz).</summary>
    public const long ClockLag = 20_000_000;

    /// <summary>Linux sends a SYN again after 1, 3 and 7 s (RFC 6298 2.1): silence after the second repeat is no answer.</summary>
    public const int SynRetransmitsBeforeTimeout = 2;

    /// <summary>
    /// How long the second repeat has to be answered. A host that has no neighbour by that address gives up after 3 s as
    /// well (mcast_solicit 3), and its ICMP error says more than a time-out.
    /// </summary>
    public const long SynLastChance = 1 * Second;

    /// <summary>How often the same segment of an established connection is thrown away, until that is its end: after a second or so.</summary>
    public const int DropsBeforeStuck = 3;

    /// <summary>A client that gave up before its second repeat: no answer came for so long.</summary>
    public const long SynUnanswered = 5 * Second;

    /// <summary>The last repeat of a SYN comes after 63 s (tcp_syn_retries 6), and waits 64 s more.</summary>
    public const long SynForgotten = 130 * Second;

    /// <summary>A UDP conversation without an answer for so long is taken for one-way.</summary>
    public const long UdpUnanswered = 1 * Second;

    /// <summary>As bpf/flow.h UDP_IDLE_NS: a silence after which the same ends are another conversation.</summary>
    public const long UdpIdle = 60 * Second;

    /// <summary>
    /// A full table gives up a live connection only after such a silence, for its next packet would be a second, guessed
    /// flow. Most that are silent so long had their end lost.
    /// </summary>
    public const long SilentForLong = 3600 * Second;

    /// <summary>After the last FIN come an ACK or two, within a round trip, and the counts are a second old.</summary>
    public const long Settle = Second * 3 / 2;

    /// <summary>Stragglers of a closed connection must not be taken for a new one; their counts may wait for two seconds.</summary>
    public const long Linger = 5 * Second;
}
