using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>One filter of a clsact or <c>ingress</c> qdisc, as RTM_NEWTFILTER describes it.</summary>
/// <param name="Handle">Its number within its priority; see <see cref="IsHeading"/>.</param>
/// <param name="Info">Priority and EtherType, as in <see cref="TrafficHeader"/>.</param>
/// <param name="Name">What whoever attached a BPF program called it; else empty.</param>
/// <param name="Kind">The classifier: <c>bpf</c>, <c>u32</c>, …</param>
/// <param name="Chain">The chain of filters that it is in.</param>
internal readonly record struct ClsactFilter(
    uint Handle, uint Info, string Name, string Kind = Clsact.ProgramKind, uint Chain = 0)
{
    /// <summary>The handle of all our filters, so that they are not taken for those of others.</summary>
    public const uint OurHandle = 0xDE9;

    public const string FromPodName = "depmap_from_pod";
    public const string ToPodName = "depmap_to_pod";

    /// <summary>Ends the name when the qdisc was made for the filter. So who comes after a kill -9 knows to remove it too.</summary>
    public const string MadeQdisc = "+clsact";

    private const uint AllProtocols = 0x0300; // ETH_P_ALL in network order
    private const int PriorityShift = 16;

    /// <summary>The kernel lists one line more for each priority, before its filters.</summary>
    public bool IsHeading => Handle == 0;

    public uint Priority => Info >> PriorityShift;

    /// <summary>
    /// Ours can be added at the same priority. One priority has one kind of filter and one EtherType (tcf_chain_tp_find),
    /// and the handle must be free.
    /// </summary>
    public bool LeavesRoomForOurs => Kind == Clsact.ProgramKind && Info == InfoOf(Priority) && (Handle != OurHandle || IsOurs);

    /// <summary>Attached by an agent: this one, or one that was killed.</summary>
    public bool IsOurs => Handle == OurHandle
        && (Name.StartsWith(FromPodName, StringComparison.Ordinal) || Name.StartsWith(ToPodName, StringComparison.Ordinal));

    /// <summary>The agent that attached it made the qdisc.</summary>
    public bool OwnsQdisc => IsOurs && Name.EndsWith(MadeQdisc, StringComparison.Ordinal);

    /// <summary><see cref="Info"/> of a filter for packets of every EtherType.</summary>
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
