using System.Net;

namespace Depmap.Agent.Links;

/// <summary>Lists interfaces and selects the pods'.</summary>
/// <param name="requests">A socket without groups in the node's network namespace.</param>
/// <param name="nodeAddresses">The node's addresses, which identify its uplink; may be empty.</param>
internal sealed class PodInterfaceDump(NetlinkSocket requests, IReadOnlySet<IPAddress> nodeAddresses)
{
    // kube-proxy in IPVS mode puts the addresses of all services on this interface of each node.
    private const string ServiceInterfaceName = "kube-ipvs0";

    /// <summary>
    /// Reads the pod interfaces, the addresses of all interfaces, and the index of the interface whose addresses are those of
    /// services (0 for none).
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused.</exception>
    public (List<Link> Links, List<InterfaceAddress> Addresses, int ServiceInterface) Read()
    {
        List<InterfaceAddress> addresses = ReadAddresses();
        HashSet<int> uplinks = PodInterfaceRule.Uplinks(ReadDefaultRoutes(), addresses, nodeAddresses);
        List<Link> links = ReadLinks();
        int serviceInterface = links.Find(link => link.Name == ServiceInterfaceName).Index;
        links.RemoveAll(link => !PodInterfaceRule.IsPodInterface(link, uplinks));
        return (links, addresses, serviceInterface);
    }

    private List<Link> ReadLinks()
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.GetLink, Rtnetlink.Dump);
        request.AddHeader(new LinkHeader());
        request.Add(Rtnetlink.LinkExtendedMask, Rtnetlink.SkipStatistics);
        List<Link> links = [];
        requests.Dump(request, links.Clear, message =>
        {
            if (Link.TryRead(message, out Link link))
                links.Add(link);
        });
        return links;
    }

    private List<InterfaceAddress> ReadAddresses()
    {
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.GetAddress, Rtnetlink.Dump);
        request.AddHeader(new AddressHeader());
        List<InterfaceAddress> addresses = [];
        requests.Dump(request, addresses.Clear, message =>
        {
            if (InterfaceAddress.TryRead(message, out InterfaceAddress address))
                addresses.Add(address);
        });
        return addresses;
    }

    private HashSet<int> ReadDefaultRoutes()
    {
        // Family 0 lists the routes of all address families.
        var request = new NetlinkRequest(stackalloc byte[64], Rtnetlink.GetRoute, Rtnetlink.Dump);
        request.AddHeader(new RouteHeader());
        HashSet<int> interfaces = [];
        requests.Dump(request, interfaces.Clear, message => DefaultRoute.AddInterfaces(message, interfaces));
        return interfaces;
    }
}
