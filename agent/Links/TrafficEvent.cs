namespace Depmap.Agent.Links;

/// <summary>Somebody else changed the ingress or clsact qdisc of an interface, or a filter in it.</summary>
/// <param name="Index">The interface.</param>
/// <param name="OfQdisc">The qdisc itself was added, removed or changed.</param>
internal readonly record struct TrafficEvent(int Index, bool OfQdisc)
{
    private const uint MajorNumber = 0xFFFF0000;
    private const uint Root = 0xFFFFFFFF; // TC_H_ROOT

    /// <summary>Looks at the fixed part only: a node's traffic control may change much that is not ours to look at.</summary>
    /// <param name="message">Of the multicast group RTNLGRP_TC.</param>
    /// <param name="ownPort">The socket of our own requests, whose port the kernel copies into the events that they cause.</param>
    /// <param name="change">What happened.</param>
    public static bool TryRead(NetlinkMessage message, uint ownPort, out TrafficEvent change)
    {
        change = default;
        if (message.Type is not (Rtnetlink.NewQdisc or Rtnetlink.DeleteQdisc or Rtnetlink.NewFilter or Rtnetlink.DeleteFilter)
            || message.Port == ownPort
            || !message.TryRead(out TrafficHeader header, out _))
            return false;
        bool ofQdisc = message.Type is Rtnetlink.NewQdisc or Rtnetlink.DeleteQdisc;
        if (ofQdisc ? header.Parent != IngressPlaces.Parent : !IsInPlace(header.Parent))
            return false;
        change = new TrafficEvent(header.Index, ofQdisc);
        return true;
    }

    /// <summary>A filter's parent is a list of the qdisc, or the qdisc (ffff:), as whoever added it has called it.</summary>
    private static bool IsInPlace(uint parent) =>
        (parent & MajorNumber) == (IngressPlaces.Parent & MajorNumber) && parent != Root;
}
