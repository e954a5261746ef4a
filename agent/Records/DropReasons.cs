using System.Collections.Frozen;
using Depmap.V1;

namespace Depmap.Agent.Records;

/// <summary>Names of the running kernel's drop reasons. Numbers differ from kernel to kernel, so they come from its BTF.</summary>
internal sealed class DropReasons
{
    private const string Prefix = "SKB_DROP_REASON_";

    /// <summary>
    /// Frees that are no failed connection: ordinary traffic at socket close, segments that were already there, and a
    /// receiver that had enough. Seen on a real cluster, kernel 6.18.
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

    /// <summary>Whether there are any.</summary>
    public bool Known => _names.Count > 0;

    /// <summary>The kernel's name, without its prefix; the number where it has none.</summary>
    public string Name(uint reason) =>
        _names.TryGetValue(reason, out string? name) ? name : Known ? $"REASON_{reason}" : "UNKNOWN";

    public DropReason Meaning(uint reason) =>
        _names.TryGetValue(reason, out string? name) && Meanings.TryGetValue(name, out DropReason meaning)
            ? meaning
            : DropReason.Kernel;

    /// <summary>Whether it is no failed connection.</summary>
    public bool IsOrdinary(uint reason) => _names.TryGetValue(reason, out string? name) && Ordinary.Contains(name);

    /// <summary>Sets 1 for each reason that the kernel need not report, 2 for those that may end a connection later (bpf/drop.h).</summary>
    public void Mark(Span<byte> byNumber)
    {
        foreach (uint reason in _names.Keys)
        {
            if (reason < byNumber.Length)
                byNumber[(int)reason] = (byte)(IsOrdinary(reason) ? 1 : Meaning(reason) == DropReason.Policy ? 2 : 0);
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
