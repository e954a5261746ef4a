using System.Net;

namespace Depmap.Agent.Links;

/// <summary>
/// Decides which interfaces lead to pods, independent of the CNI plugin: those of kind veth or netkit whose peer is in
/// another network namespace, except the node's own uplink. A node of kind or k3d is a container, and its <c>eth0</c> is
/// such a veth.
/// </summary>
internal static class PodInterfaceRule
{
    public static bool IsPodInterface(in Link link, IReadOnlySet<int> uplinks) =>
        link is { Kind: "veth" or "netkit", PeerInOtherNamespace: true } && !uplinks.Contains(link.Index);

    /// <summary>The interfaces through which the node itself is reached.</summary>
    /// <param name="defaultRoutes">Interfaces with a default route.</param>
    /// <param name="addresses">All addresses of all interfaces.</param>
    /// <param name="nodeAddresses">The node's addresses; may be empty.</param>
    public static HashSet<int> Uplinks(
        IEnumerable<int> defaultRoutes, IEnumerable<InterfaceAddress> addresses, IReadOnlySet<IPAddress> nodeAddresses)
    {
        var uplinks = new HashSet<int>(defaultRoutes);
        // An address on several interfaces proves nothing: the ptp plugin puts the gateway's address on every pod's veth.
        foreach (IGrouping<IPAddress, InterfaceAddress> carriers in addresses.GroupBy(address => address.Address))
        {
            if (nodeAddresses.Contains(carriers.Key) && carriers.Count() == 1)
                uplinks.Add(carriers.First().Index);
        }

        return uplinks;
    }
}
