namespace Depmap.Agent.Connections;

/// <summary>Timeouts and delays, in nanoseconds.</summary>
internal static class Timing
{
    public const long Second = 1_000_000_000;

    /// <summary>A slot's time stamp may be a tick older than a moment's (10 ms at 100 Hz).</summary>
    public const long MaxClockLag = 20_000_000;

    /// <summary>
    /// Linux retransmits a SYN after 1, 3 and 7 s (RFC 6298 2.1), since 6.5 after 1, 2, 3, 4 and 6 s (tcp_syn_linear_timeouts).
    /// </summary>
    public const int SynRetransmitsBeforeTimeout = 2;

    /// <summary>
    /// A connection times out this long after its first SYN, if the client retransmits it. For an address without a neighbour,
    /// the kernel gives up after 3 s (mcast_solicit 3, retrans_time 1 s), and its ICMP error says more than a timeout.
    /// </summary>
    public const long RetransmittedSynTimeout = 4 * Second;

    /// <summary>
    /// A connection counts as cut off once the same segment was dropped this many times, which takes about a second.
    /// </summary>
    public const int RepeatedDropsBeforeFailure = 3;

    /// <summary>For a client that sends fewer than two retransmissions: the connection times out after this time.</summary>
    public const long SynTimeout = 5 * Second;

    /// <summary>The last SYN is sent after 63 s (tcp_syn_retries 6), and its timer runs for 64 s.</summary>
    public const long SynExpiry = 130 * Second;

    /// <summary>A UDP conversation without a reply for this long is one-way.</summary>
    public const long UdpReplyTimeout = 1 * Second;

    /// <summary>After this much silence, the next UDP packet starts another conversation. UDP_IDLE_SECONDS in bpf/records.h.</summary>
    public const long UdpIdleTimeout = 60 * Second;

    /// <summary>
    /// For so long, the connection tracker knows a silent UDP conversation (nf_conntrack_udp_timeout_stream, 180 s before
    /// kernel 5.0), and answers to a pod that is gone are expected.
    /// </summary>
    public const long TrackedUdpTimeout = 180 * Second;

    /// <summary>
    /// An answered DNS exchange ends after this much silence. Resolvers ask once more after 5 s what was not answered, such as
    /// the second question of a socket (resolv.conf, timeout).
    /// </summary>
    public const long DnsExchangeEnd = 6 * Second;

    public const long DnsExchangeEndAtServer = DnsExchangeEnd + (2 * Second);

    /// <summary>What has ended is evicted after this much silence: its counts are up to two seconds old.</summary>
    public const long MinSilenceAfterEnd = 2 * Second;

    /// <summary>UDP conversations, failures and half-open connections are evicted after this much silence.</summary>
    public const long MinSilenceOfBrief = 5 * Second;

    /// <summary>
    /// An open connection is evicted only after this much silence, because its next packet would add a second flow. Most
    /// connections that are silent for so long have ended unseen.
    /// </summary>
    public const long MinSilenceOfOpen = 3600 * Second;

    /// <summary>After the last FIN, ACKs follow within a round trip, and counts are up to a second old.</summary>
    public const long CloseSettleTime = Second * 3 / 2;

    /// <summary>Late packets must not open a new connection; their counts may be read up to two seconds later.</summary>
    public const long CloseLingerTime = 5 * Second;
}
