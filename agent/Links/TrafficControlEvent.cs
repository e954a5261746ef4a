namespace Depmap.Agent.Links;

/// <summary>Another program changed the ingress or clsact qdisc of an interface, or one of its filters.</summary>
/// <param name="Index">The interface.</param>
/// <param name="IsQdisc">The qdisc itself was added, removed or changed.</param>
internal readonly record struct TrafficControlEvent(int Index, bool IsQdisc)
{
    private const uint MajorNumber = 0xFFFF0000;
    private const uint Root = 0xFFFFFFFF; // TC_H_ROOT

    /// <summary>Reads the fixed part only: most traffic control changes of a node do not concern the agent.</summary>
    /// <param name="message">A message of the multicast group RTNLGRP_TC.</param>
    /// <param name="ownPort">The port of our request socket, which the kernel copies into the events that its requests cause.</param>
    /// <param name="change">The change.</param>
    public static bool TryRead(NetlinkMessage message, uint ownPort, out TrafficControlEvent change)
    {
        change = default;
        if (message.Type is not (Rtnetlink.NewQdisc or Rtnetlink.DeleteQdisc or Rtnetlink.NewFilter or Rtnetlink.DeleteFilter)
            || message.Port == ownPort
            || !message.TryRead(out TrafficHeader header, out _))
            return false;
        bool isQdisc = message.Type is Rtnetlink.NewQdisc or Rtnetlink.DeleteQdisc;
        if (isQdisc ? header.Parent != IngressQdiscs.Parent : !IsIngressParent(header.Parent))
            return false;
        change = new TrafficControlEvent(header.Index, isQdisc);
        return true;
    }

    /// <summary>
    /// A filter's parent is a filter list of the qdisc, or the qdisc itself (ffff:), depending on the program that added it.
    /// </summary>
    private static bool IsIngressParent(uint parent) =>
        (parent & MajorNumber) == (IngressQdiscs.Parent & MajorNumber) && parent != Root;
}
