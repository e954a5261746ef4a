using Depmap.Agent.Records;

namespace Depmap.Agent.Kernel;

/// <summary>
/// The drop reasons that functions of the kernel stand for, on kernels without drop reasons (before 5.17). Only functions
/// that drop packets are listed; packets freed anywhere else count as freed ordinarily, so that no drop is invented.
/// </summary>
internal static class DropPlaces
{
    /// <summary>The number for all other places; <see cref="DropReasons"/> treats it as ordinary.</summary>
    public const uint Ordinary = 1;

    // Named like the reasons of kernel 5.17 and later, or like the function if several reasons are possible.
    private static readonly (string Function, string Reason)[] Known =
    [
        ("", "NOT_SPECIFIED"),
        ("nf_hook_slow", "NETFILTER_DROP"),            // net/netfilter/core.c: a rule dropped or rejected it
        ("nft_do_chain", "NETFILTER_DROP"),            // net/netfilter/nf_tables_core.c: in newer kernels
        ("ip_finish_output", "BPF_CGROUP_EGRESS"),     // net/ipv4/ip_output.c: a cgroup's program
        ("ip6_finish_output", "BPF_CGROUP_EGRESS"),
        ("__netif_receive_skb_core", "TC_INGRESS"),    // net/core/dev.c: sch_handle_ingress is part of it
        ("__dev_queue_xmit", "TC_EGRESS"),             // net/core/dev.c: sch_handle_egress likewise
        ("tcp_v4_rcv", "NO_SOCKET"),
        ("tcp_v6_rcv", "NO_SOCKET"),
        ("__udp4_lib_rcv", "NO_SOCKET"),
        ("__udp6_lib_rcv", "NO_SOCKET"),
        ("arp_error_report", "NEIGH_FAILED"),          // net/ipv4/arp.c
        ("ndisc_error_report", "NEIGH_FAILED"),        // net/ipv6/ndisc.c
        ("__neigh_event_send", "NEIGH_FAILED"),        // net/core/neighbour.c: had failed before
        ("ip_finish_output2", "NEIGH_CREATEFAIL"),
        ("ip6_finish_output2", "NEIGH_CREATEFAIL"),
        ("ip_error", "IP_INNOROUTES"),                 // net/ipv4/route.c
        ("ip6_pkt_drop", "IP_OUTNOROUTES"),            // net/ipv6/route.c
        ("ip_rcv_finish_core", "ip_rcv_finish_core"),  // net/ipv4/ip_input.c: no route back, or an invalid source
        ("ip_forward", "ip_forward"),
        ("ip6_forward", "ip6_forward"),
    ];

    /// <summary>The reasons that these places stand for.</summary>
    public static DropReasons Reasons() => DropReasons.Of([.. Known.Select((place, index) => ((uint)index + Ordinary, place.Reason))]);

    /// <param name="function">Name of the function; empty if unknown.</param>
    public static uint ReasonOf(string function)
    {
        int index = Array.FindIndex(Known, place => place.Function == function);
        return index < 0 ? Ordinary : (uint)index + Ordinary;
    }
}
