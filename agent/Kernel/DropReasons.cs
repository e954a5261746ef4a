using System.Collections.Frozen;
using Depmap.V1;

namespace Depmap.Agent.Kernel;

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

    private readonly Dictionary<uint, string> names = [];

    private DropReasons()
    {
    }

    /// <summary>Whether this kernel says why it drops a packet (5.17).</summary>
    public bool Known => names.Count > 0;

    /// <summary>The kernel's name, without its prefix; the number where it has none.</summary>
    public string Name(uint reason) =>
        names.TryGetValue(reason, out string? name) ? name : Known ? $"REASON_{reason}" : "UNKNOWN";

    public DropReason Meaning(uint reason) =>
        names.TryGetValue(reason, out string? name) && Meanings.TryGetValue(name, out DropReason meaning)
            ? meaning
            : DropReason.Kernel;

    /// <summary>Sets 1 for each reason that the kernel need not report, 2 for those that may end a connection later (bpf/drop.h).</summary>
    public void Mark(Span<byte> byNumber)
    {
        foreach ((uint reason, string name) in names)
        {
            if (reason < byNumber.Length)
                byNumber[(int)reason] = (byte)(Ordinary.Contains(name) ? 1 : Meaning(reason) == DropReason.Policy ? 2 : 0);
        }
    }

    public static DropReasons Of(params (uint Number, string Name)[] reasons)
    {
        DropReasons result = new();
        foreach ((uint number, string name) in reasons)
            result.names[number] = name;
        return result;
    }

    /// <param name="btf">The kernel's BTF, as libbpf holds it.</param>
    public static unsafe DropReasons FromKernel(nint btf)
    {
        DropReasons result = new();
        int id = LibBpf.BtfFind(btf, "skb_drop_reason", LibBpf.BtfKindEnum);
        if (id < 0)
            return result;
        BtfType* type = LibBpf.BtfTypeById(btf, (uint)id);
        uint* enumerator = (uint*)(type + 1);
        for (int i = 0; i < type->Members; i++, enumerator += 2)
        {
            string name = System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)LibBpf.BtfName(btf, enumerator[0])) ?? "";
            result.names[enumerator[1]] = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        }

        return result;
    }
}
