using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class HostPodsTests
{
    private static readonly AddressPort Exporter = NodeA with { Port = 9100 };

    [Theory]
    [InlineData(9100, Protocol.Tcp, "exporter-a")]
    [InlineData(9200, Protocol.Tcp, "other-a")]
    [InlineData(9100, Protocol.Udp, null)]
    [InlineData(9300, Protocol.Tcp, null)]
    public void Pods_that_share_a_nodes_address_are_distinguished_by_their_ports(int port, Protocol protocol, string? pod)
    {
        ClusterNames names = ClusterNames.Empty.With(WithHostPods(), 0);
        Owner owner = Assert.IsType<Owner>(names.ServerAt(protocol, NodeA with { Port = (ushort)port }, 0, null));
        Assert.Equal((pod, "node-a"), (owner.Pod, owner.Node));
    }

    [Theory]
    [InlineData("172.30.7.11", 8125, "statsd-a")]
    [InlineData("172.30.7.11", 8126, null)]
    [InlineData("172.30.7.12", 8125, null)]
    [InlineData("172.30.7.11", 9000, null)]
    [InlineData("172.30.7.99", 9000, "statsd-a")]
    public void A_host_port_belongs_to_the_pod_on_its_node(string address, int port, string? pod)
    {
        ClusterObjects objects = CreateObjects();
        AddressPort second = ParseEndpoint("172.30.7.99", 9000);
        objects.Nodes[0] = new NodeObject("node-a", [NodeA.Address, second.Address]);
        objects.Pods.Add(Pod("statsd-a", "node-a", ParseEndpoint("10.244.1.9", 0), "statsd") with
        {
            HostPorts = [new HostPort(Protocol.Tcp, 8125), new HostPort(Protocol.Tcp, 9000, second.Address)],
        });
        ClusterNames names = ClusterNames.Empty.With(objects, 0);
        Assert.Equal(pod, names.ServerAt(Protocol.Tcp, ParseEndpoint(address, port), 0, null)?.Pod);
        Assert.Null(names.HostPods.Find("node-a", "statsd-a")); // its sockets are not on the node's network
    }

    [Fact]
    public void A_host_network_address_belongs_to_the_node() =>
        Assert.Null(ClusterNames.Empty.With(WithHostPods(), 0).Addresses.OwnerAt(Exporter.Address, 0)?.Pod);

    [Theory]
    [InlineData("node-a", "exporter-a", "exporter-a")]
    [InlineData("node-b", "exporter-a", null)]
    [InlineData("node-a", "web-5d8f-x2x", null)] // not on the host network
    [InlineData("node-a", "5ac2333d", "api-a")]
    [InlineData("node-a", "api-a", null)]
    public void A_pod_is_found_by_the_uid_that_its_kubelet_uses(string node, string uid, string? pod)
    {
        ClusterObjects objects = WithHostPods();
        objects.Pods.Add(Host("api-a", 6443) with { StaticUid = "5ac2333d" });
        Assert.Equal(pod, ClusterNames.Empty.With(objects, 0).HostPods.Find(node, uid)?.Pod);
    }

    private static ClusterObjects WithHostPods()
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods.Add(Host("exporter-a", 9100));
        objects.Pods.Add(Host("other-a", 9200));
        return objects;
    }

    private static PodObject Host(string name, ushort port) =>
        Pod(name, "node-a", Exporter, name) with { HostNetwork = true, HostPorts = [new HostPort(Protocol.Tcp, port)] };
}
