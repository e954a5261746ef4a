using System.Net;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Links;

public class PodInterfaceRuleTests
{
    [Theory]
    [InlineData("veth", true, false, true)]
    [InlineData("netkit", true, false, true)]
    [InlineData("veth", false, false, false)] // both ends in the node: cilium_host and cilium_net
    [InlineData("veth", true, true, false)] // eth0 of a kind node
    [InlineData("macvlan", true, false, false)]
    [InlineData("vxlan", true, false, false)]
    [InlineData("", true, false, false)]
    public void A_pod_interface_is_a_veth_or_netkit_with_its_peer_in_another_namespace_and_not_an_uplink(
        string kind, bool peerInOtherNamespace, bool isUplink, bool expected)
    {
        HashSet<int> uplinks = isUplink ? [7] : [8];

        Assert.Equal(expected, PodInterfaceRule.IsPodInterface(new Link(7, "cali1", kind, peerInOtherNamespace), uplinks));
    }

    [Theory]
    [InlineData("", "", "", "")]
    [InlineData("2", "", "", "2")]
    [InlineData("2 3", "", "", "2 3")]
    [InlineData("", "2=172.18.0.2", "172.18.0.2", "2")]
    [InlineData("", "2=fc00::2", "fc00::2", "2")]
    [InlineData("2", "2=172.18.0.2 5=fc00::2", "172.18.0.2 fc00::2", "2 5")]
    [InlineData("", "2=172.18.0.2", "", "")]
    [InlineData("", "4=10.244.0.1 5=10.244.0.1", "172.18.0.2", "")]
    [InlineData("", "4=10.244.0.1 5=10.244.0.1", "10.244.0.1", "")] // an address on several interfaces proves nothing
    public void An_uplink_has_a_default_route_or_is_the_only_interface_with_an_address_of_the_node(
        string defaultRoutes, string addresses, string nodeAddresses, string expected)
    {
        var uplinks = PodInterfaceRule.Uplinks(
            Words(defaultRoutes).Select(int.Parse),
            Words(addresses).Select(word => word.Split('=')).Select(
                pair => new InterfaceAddress(int.Parse(pair[0]), IPAddress.Parse(pair[1]))),
            Words(nodeAddresses).Select(IPAddress.Parse).ToHashSet());

        Assert.Equal(Words(expected).Select(int.Parse), uplinks.Order());
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
