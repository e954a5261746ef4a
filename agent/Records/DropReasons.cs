using System.Collections.Frozen;
using Depmap.V1;

namespace Depmap.Agent.Records;

/// <summary>The running kernel's drop reasons. Their numbers differ between kernels, so they are read from its BTF.</summary>
internal sealed class DropReasons
{
    private const string Prefix = "SKB_DROP_REASON_";

    /// <summary>
    /// Reasons that are not failed connections: ordinary traffic at socket close, duplicate segments, and full receive buffers.
    /// Observed on a real cluster with kernel 6.18.
    /// </summary>
    private static readonly FrozenSet<string> Ordinary = FrozenSet.Create(
        "NOT_DROPPED_YET", "CONSUMED", "NOT_SPECIFIED", "QUEUE_PURGE", "TCP_OLD_SEQUENCE", "TCP_OLD_DATA", "TCP_OLD_ACK",
        "TCP_ABORT_ON_DATA", "TCP_CLOSE", "TCP_FLAGS", "TCP_OVERWINDOW", "SKB_UCOPY_FAULT", "SOCKET_RCVBUFF", "PROTO_MEM",
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

    private readonly Dictionary<uint, string> _names = [];

    private DropReasons()
    {
    }

    /// <summary>Whether the kernel has any drop reasons.</summary>
    public bool Any => _names.Count > 0;

    /// <summary>The kernel's name without its prefix; contains the number if the reason has no name.</summary>
    public string Name(uint reason) =>
        _names.TryGetValue(reason, out string? name) ? name : Any ? $"REASON_{reason}" : "UNKNOWN";

    public DropReason Meaning(uint reason) =>
        _names.TryGetValue(reason, out string? name) && Meanings.TryGetValue(name, out DropReason meaning)
            ? meaning
            : DropReason.Kernel;

    /// <summary>Whether drops with this reason are not failed connections.</summary>
    public bool IsOrdinary(uint reason) => _names.TryGetValue(reason, out string? name) && Ordinary.Contains(name);

    /// <summary>
    /// Sets 1 for reasons that the programs need not report and 2 for policy reasons, which may end an established connection
    /// (reason_kind in bpf/drop.h).
    /// </summary>
    public void WriteKinds(Span<byte> kinds)
    {
        foreach (uint reason in _names.Keys)
        {
            if (reason < kinds.Length)
                kinds[(int)reason] = (byte)(IsOrdinary(reason) ? 1 : Meaning(reason) == DropReason.Policy ? 2 : 0);
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
