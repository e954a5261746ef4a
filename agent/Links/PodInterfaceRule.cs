using System.Net;

namespace Depmap.Agent.Links;

/// <summary>
/// Which interfaces of a node lead to pods, whatever the CNI plugin calls them: those of kind veth or netkit whose other
/// end is in another network namespace, less the node's own uplink. A node made by kind or k3d is itself a container, and
/// its <c>eth0</c> is such a veth.
/// </summary>
internal static class PodInterfaceRule
{
    public static bool IsPodInterface(in Link link, IReadOnlySet<int> uplinks) =>
        link is { Kind: "veth" or "netkit", PeerElsewhere: true } && !uplinks.Contains(link.Index);

    /// <summary>The interfaces by which the node itself is reached.</summary>
    /// <param name="defaultRoutes">Interfaces that carry a default route.</param>
    /// <param name="addresses">All addresses of all interfaces.</param>
    /// <param name="nodeAddresses">The node's own; may be empty.</param>
    public static HashSet<int> Uplinks(
        IEnumerable<int> defaultRoutes, IEnumerable<InterfaceAddress> addresses, IReadOnlySet<IPAddress> nodeAddresses)
    {
        var uplinks = new HashSet<int>(defaultRoutes);
        // An address that several interfaces carry tells nothing: the ptp plugin puts the gateway's on every pod's veth.
        foreach (IGrouping<IPAddress, InterfaceAddress> carriers in addresses.GroupBy(address => address.Address))
        {
            if (nodeAddresses.Contains(carriers.Key) && carriers.Count() == 1)
                uplinks.Add(carriers.First().Index);
        }

        return uplinks;
    }
}
