namespace Depmap.Agent.Links;

/// <summary>Reads the ingress qdisc from RTM_NEWQDISC and knows its filter lists.</summary>
internal static class IngressQdiscs
{
    public const uint Parent = 0xFFFFFFF1; // TC_H_INGRESS, the same number as TC_H_CLSACT
    public const string ClsactKind = "clsact";

    private const string IngressKind = "ingress";
    private static readonly ClsactDirection[] Both = [ClsactDirection.Ingress, ClsactDirection.Egress];

    /// <summary>False for qdiscs of other parents, which are for what the interface sends.</summary>
    public static bool TryRead(NetlinkMessage message, out int index, out IngressQdisc qdisc)
    {
        (index, qdisc) = (0, IngressQdisc.None);
        if (message.Type != Rtnetlink.NewQdisc
            || !message.TryRead(out TrafficHeader header, out NetlinkAttributes attributes)
            || header.Parent != Parent)
            return false;
        index = header.Index;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.TrafficKind)
                qdisc = Of(NetlinkAttributes.Text(value));
        }

        return qdisc != IngressQdisc.None;
    }

    /// <summary>
    /// The filter lists of the qdisc. An <c>ingress</c> qdisc has one and returns it for any list, including egress
    /// (ingress_tcf_block in net/sched/sch_ingress.c): never request egress there.
    /// </summary>
    public static ReadOnlySpan<ClsactDirection> Directions(this IngressQdisc qdisc) => qdisc switch
    {
        IngressQdisc.Clsact => Both,
        IngressQdisc.Ingress => Both.AsSpan(0, 1),
        _ => [],
    };

    private static IngressQdisc Of(string kind) => kind switch
    {
        ClsactKind => IngressQdisc.Clsact,
        IngressKind => IngressQdisc.Ingress,
        _ => IngressQdisc.None,
    };
}
