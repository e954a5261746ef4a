using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Depmap.Agent.Links;

/// <summary>Reads default routes of the main table, IPv4 and IPv6, from RTM_NEWROUTE and RTM_DELROUTE.</summary>
internal static class DefaultRoute
{
    /// <summary>Reads the fixed part only: a node's other routes may change by the thousand.</summary>
    public static bool IsIn(NetlinkMessage message) =>
        message.Type is Rtnetlink.NewRoute or Rtnetlink.DeleteRoute
        && message.TryRead(out RouteHeader header, out _)
        && header is { DestinationLength: 0, Table: Rtnetlink.MainTable };

    /// <summary>Adds the interfaces of the route: one, or several if it is a multipath route.</summary>
    public static void AddInterfaces(NetlinkMessage message, HashSet<int> interfaces)
    {
        if (!IsIn(message) || !message.TryRead(out RouteHeader _, out NetlinkAttributes attributes))
            return;
        while (attributes.TryRead(out ushort type, out ReadOnlySpan<byte> value))
        {
            if (type == Rtnetlink.RouteInterface && value.Length >= sizeof(int))
                interfaces.Add(MemoryMarshal.Read<int>(value));
            else if (type == Rtnetlink.RouteMultipath)
                AddNextHops(value, interfaces);
        }
    }

    private static void AddNextHops(ReadOnlySpan<byte> hops, HashSet<int> interfaces)
    {
        while (MemoryMarshal.TryRead(hops, out NextHopHeader hop) && hop.Length >= Unsafe.SizeOf<NextHopHeader>())
        {
            interfaces.Add(hop.Index);
            hops = hops[Math.Min(NetlinkAttributes.Align(hop.Length), hops.Length)..];
        }
    }
}
