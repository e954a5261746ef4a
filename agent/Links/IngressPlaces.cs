namespace Depmap.Agent.Links;

/// <summary>Reads the place from RTM_NEWQDISC, and knows which filters it takes.</summary>
internal static class IngressPlaces
{
    public const uint Parent = 0xFFFFFFF1; // TC_H_INGRESS, the same number as TC_H_CLSACT
    public const string ClsactKind = "clsact";

    private const string IngressKind = "ingress";
    private static readonly ClsactDirection[] Both = [ClsactDirection.Ingress, ClsactDirection.Egress];

    /// <summary>False for the qdiscs in other places, which are for what the interface sends.</summary>
    public static bool TryRead(NetlinkMessage message, out int index, out IngressPlace place)
    {
        (index, place) = (0, IngressPlace.Empty);
        if (message.Type != Rtnetlink.NewQdisc
            || !message.TryRead(out TrafficHeader header, out NetlinkAttributes attributes)
            || header.Parent != Parent)
            return false;
        index = header.Index;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.TrafficKind)
                place = Of(NetlinkAttributes.Text(value));
        }

        return place != IngressPlace.Empty;
    }

    /// <summary>
    /// The lists of filters that there are. An <c>ingress</c> qdisc has one, and gives it for whatever list it is asked
    /// for, egress included (ingress_tcf_block in net/sched/sch_ingress.c): there, egress must never be named.
    /// </summary>
    public static ReadOnlySpan<ClsactDirection> Directions(this IngressPlace place) => place switch
    {
        IngressPlace.Clsact => Both,
        IngressPlace.Ingress => Both.AsSpan(0, 1),
        _ => [],
    };

    private static IngressPlace Of(string kind) => kind switch
    {
        ClsactKind => IngressPlace.Clsact,
        IngressKind => IngressPlace.Ingress,
        _ => IngressPlace.Empty,
    };
}
