namespace Depmap.Agent.Links;

/// <summary>One filter of a clsact qdisc, as RTM_NEWTFILTER describes it.</summary>
/// <param name="Handle">Its number within its priority; 0 in the line that the kernel lists for the priority itself.</param>
/// <param name="Info">Priority and EtherType, as in <see cref="TrafficHeader"/>.</param>
/// <param name="Name">What whoever attached a BPF program called it; else empty.</param>
internal readonly record struct ClsactFilter(uint Handle, uint Info, string Name)
{
    /// <summary>The handle of all our filters, so that they are not taken for those of others.</summary>
    public const uint OurHandle = 0xDE9;

    public const string FromPodName = "depmap_from_pod";
    public const string ToPodName = "depmap_to_pod";

    /// <summary>Ends the name when the qdisc was made for the filter. So who comes after a kill -9 knows to remove it too.</summary>
    public const string MadeQdisc = "+clsact";

    /// <summary>Attached by an agent: this one, or one that was killed.</summary>
    public bool IsOurs => Handle == OurHandle
        && (Name.StartsWith(FromPodName, StringComparison.Ordinal) || Name.StartsWith(ToPodName, StringComparison.Ordinal));

    /// <summary>The agent that attached it made the qdisc.</summary>
    public bool OwnsQdisc => IsOurs && Name.EndsWith(MadeQdisc, StringComparison.Ordinal);

    public static bool TryRead(NetlinkMessage message, out ClsactFilter filter)
    {
        filter = default;
        if (message.Type != Rtnetlink.NewFilter
            || !message.TryRead(out TrafficHeader header, out NetlinkAttributes attributes))
            return false;
        string kind = "", name = "";
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.TrafficKind)
                kind = NetlinkAttributes.Text(value);
            else if (type == Rtnetlink.TrafficOptions && kind == Clsact.ProgramKind)
                name = ReadName(new NetlinkAttributes(value));
        }

        filter = new ClsactFilter(header.Handle, header.Info, name);
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
