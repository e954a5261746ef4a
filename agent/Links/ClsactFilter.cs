using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>A filter of a clsact or <c>ingress</c> qdisc, from RTM_NEWTFILTER.</summary>
/// <param name="Handle">Its number within the priority; see <see cref="IsHeading"/>.</param>
/// <param name="Info">Priority and EtherType, as in <see cref="TrafficHeader"/>.</param>
/// <param name="Name">The name given to a BPF program; else empty.</param>
/// <param name="Kind">The classifier: <c>bpf</c>, <c>u32</c>, …</param>
/// <param name="Chain">The chain of filters.</param>
internal readonly record struct ClsactFilter(
    uint Handle, uint Info, string Name, string Kind = Clsact.ProgramKind, uint Chain = 0)
{
    /// <summary>The handle of all our filters, which tells them from other programs' filters.</summary>
    public const uint OurHandle = 0xDE9;

    public const string FromPodName = "depmap_from_pod";
    public const string ToPodName = "depmap_to_pod";

    /// <summary>Suffix of the name if the qdisc was created for the filter. After a kill -9, the next agent removes it as well.</summary>
    public const string OwnQdiscSuffix = "+clsact";

    private const uint AllProtocols = 0x0300; // ETH_P_ALL in network order
    private const int PriorityShift = 16;

    /// <summary>The kernel lists one extra entry for each priority, before its filters.</summary>
    public bool IsHeading => Handle == 0;

    public uint Priority => Info >> PriorityShift;

    /// <summary>
    /// Whether our filter can be added at the same priority. A priority has one kind of filter and one EtherType
    /// (tcf_chain_tp_find), and the handle must be free.
    /// </summary>
    public bool AllowsOursAtSamePriority => Kind == Clsact.ProgramKind && Info == InfoOf(Priority) && (Handle != OurHandle || IsOurs);

    /// <summary>Attached by this agent or by one that was killed.</summary>
    public bool IsOurs => Handle == OurHandle
        && (Name.StartsWith(FromPodName, StringComparison.Ordinal) || Name.StartsWith(ToPodName, StringComparison.Ordinal));

    /// <summary>The agent that attached it also created the qdisc.</summary>
    public bool OwnsQdisc => IsOurs && Name.EndsWith(OwnQdiscSuffix, StringComparison.Ordinal);

    /// <summary>The <see cref="Info"/> of a filter for all EtherTypes.</summary>
    public static uint InfoOf(uint priority) => (priority << PriorityShift) | AllProtocols;

    public static bool TryRead(NetlinkMessage message, out ClsactFilter filter)
    {
        filter = default;
        if (message.Type != Rtnetlink.NewFilter
            || !message.TryRead(out TrafficHeader header, out NetlinkAttributes attributes))
            return false;
        string kind = "", name = "";
        uint chain = 0;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.TrafficKind)
                kind = NetlinkAttributes.Text(value);
            else if (type == Rtnetlink.TrafficOptions && kind == Clsact.ProgramKind)
                name = ReadName(new NetlinkAttributes(value));
            else if (type == Rtnetlink.TrafficChain && value.Length >= sizeof(uint))
                chain = MemoryMarshal.Read<uint>(value);
        }

        filter = new ClsactFilter(header.Handle, header.Info, name, kind, chain);
        return true;
    }

    private static string ReadName(NetlinkAttributes options)
    {
        while (options.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.FilterName)
                return NetlinkAttributes.Text(value);
        }

        return "";
    }
}
