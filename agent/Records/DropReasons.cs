using System.Collections.Frozen;
using Depmap.V1;

namespace Depmap.Agent.Records;

/// <summary>The running kernel's drop reasons. Their numbers differ between kernels, so they are read from its BTF.</summary>
internal sealed class DropReasons
{
    /// <summary>Not the kernel's: the packet was dropped because the connection tracker's table was full.</summary>
    public const uint ConntrackFull = uint.MaxValue;

    /// <summary>Not the kernel's: the packet was dropped because it belongs to no connection of the connection tracker.</summary>
    public const uint ConntrackInvalid = uint.MaxValue - 1;

    /// <summary>Not the kernel's: the packet was dropped because the tracker could not insert its connection.</summary>
    public const uint ConntrackInsertFailed = uint.MaxValue - 3;

    /// <summary>Not the kernel's: the server's accept queue was full. ACCEPT_QUEUE_FULL in bpf/records.h.</summary>
    public const uint AcceptQueueFull = uint.MaxValue - 2;

    private const string Prefix = "SKB_DROP_REASON_";

    /// <summary>
    /// Reasons that are not failed connections: ordinary traffic at socket close, duplicate segments, and copies of packets for
    /// programs such as tcpdump. Observed on a real cluster with kernel 6.18. Drops at full buffers of TCP are not reported.
    /// </summary>
    private static readonly FrozenSet<string> Ordinary = FrozenSet.Create(
        "NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED", "QUEUE_PURGE", "TCP_OLD_SEQUENCE", "TCP_OLD_DATA", "TCP_OLD_ACK",
        "TCP_ABORT_ON_DATA", "TCP_CLOSE", "TCP_FLAGS", "TCP_OVERWINDOW", "SKB_UCOPY_FAULT", "PACKET_SOCK_ERROR",
        "OTHERHOST", "DUP_FRAG", "FRAG_REASM_TIMEOUT", "TC_RECLASSIFY_LOOP");

    private static readonly FrozenDictionary<string, DropReason> Meanings = new Dictionary<string, DropReason>
    {
        ["NETFILTER_DROP"] = DropReason.Policy,
        ["BPF_CGROUP_EGRESS"] = DropReason.Policy,
        ["BPF_CGROUP_INGRESS"] = DropReason.Policy,
        ["SOCKET_FILTER"] = DropReason.Policy,
        ["TC_EGRESS"] = DropReason.Policy,
        ["TC_INGRESS"] = DropReason.Policy,
        ["XDP"] = DropReason.Policy,
        ["NO_SOCKET"] = DropReason.Unreachable,
        ["NEIGH_FAILED"] = DropReason.Unreachable,
        ["NEIGH_CREATEFAIL"] = DropReason.Unreachable,
        ["NEIGH_QUEUEFULL"] = DropReason.Unreachable,
        ["NEIGH_DEAD"] = DropReason.Unreachable,
        ["IP_OUTNOROUTES"] = DropReason.Unreachable,
        ["IP_INNOROUTES"] = DropReason.Unreachable,
        ["IP_INADDRERRORS"] = DropReason.Unreachable,
        ["IP_INVALID_DEST"] = DropReason.Unreachable,
    }.ToFrozenDictionary();

    /// <summary>
    /// Reasons apart from policies that can end an established connection, because the same segment is dropped again and again: there is
    /// no way to the other node any more, or the way takes smaller packets only and the sender does not learn of it (RFC 2923 2.1).
    /// </summary>
    private static readonly FrozenSet<string> Lasting = FrozenSet.Create(
        "PKT_TOO_BIG", "NEIGH_FAILED", "NEIGH_CREATEFAIL", "NEIGH_DEAD", "IP_OUTNOROUTES", "IP_INNOROUTES");

    private readonly Dictionary<uint, string> _names = [];

    private DropReasons()
    {
    }

    /// <summary>Whether the kernel has any drop reasons.</summary>
    public bool Any => _names.Count > 0;

    /// <summary>The kernel's name without its prefix; contains the number if the reason has no name.</summary>
    public string Name(uint reason) => reason switch
    {
        ConntrackFull => "CONNTRACK_FULL",
        ConntrackInvalid => "CONNTRACK_INVALID",
        ConntrackInsertFailed => "CONNTRACK_INSERT_FAILED",
        AcceptQueueFull => "ACCEPT_QUEUE_FULL",
        _ => _names.TryGetValue(reason, out string? name) ? name : Any ? $"REASON_{reason}" : "UNKNOWN",
    };

    public DropReason Meaning(uint reason) =>
        _names.TryGetValue(reason, out string? name) && Meanings.TryGetValue(name, out DropReason meaning)
            ? meaning
            : DropReason.Kernel;

    /// <summary>Whether drops with this reason are not failed connections.</summary>
    public bool IsOrdinary(uint reason) => _names.TryGetValue(reason, out string? name) && Ordinary.Contains(name);

    /// <summary>
    /// Sets 1 for reasons that the programs need not report and 2 for those that may end an established connection (reason_kind in
    /// bpf/drop.h).
    /// </summary>
    public void WriteKinds(Span<byte> kinds)
    {
        foreach ((uint reason, string name) in _names)
        {
            bool isLasting = Meaning(reason) == DropReason.Policy || Lasting.Contains(name);
            if (reason < kinds.Length)
                kinds[(int)reason] = (byte)(IsOrdinary(reason) ? 1 : isLasting ? 2 : 0);
        }
    }

    public static DropReasons Of(params (uint Number, string Name)[] reasons)
    {
        DropReasons result = new();
        foreach ((uint number, string name) in reasons)
            result._names[number] = name;
        return result;
    }

    /// <summary>The values of the kernel's enum skb_drop_reason; empty on a kernel without it.</summary>
    public static DropReasons FromKernelEnum(IEnumerable<(uint Number, string Name)> values) => Of([.. values.Select(
        value => (value.Number, value.Name.StartsWith(Prefix, StringComparison.Ordinal) ? value.Name[Prefix.Length..] : value.Name))]);
}
