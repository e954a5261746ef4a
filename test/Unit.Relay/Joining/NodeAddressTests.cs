using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using HostConnection = Depmap.Relay.Names.HostConnection;

namespace Depmap.Relay.Tests.Joining;

/// <summary>Addresses of nodes that no Kubernetes object lists.</summary>
public class NodeAddressTests
{
    private static readonly AddressPort Tunnel = ParseEndpoint("10.244.1.0", 50001);
    private static readonly AddressPort LocalDns = ParseEndpoint("169.254.20.10", 53);
    private static readonly AddressPort SecondCard = ParseEndpoint("192.0.2.12", 31080);

    private readonly JoinerBench _bench = new();

    public NodeAddressTests()
    {
        _bench.Reported.Set("node-a", [Tunnel.Address, LocalDns.Address], _bench.Now);
        _bench.Reported.Set("node-b", [SecondCard.Address, LocalDns.Address], _bench.Now);
    }

    [Fact]
    public void A_client_with_another_nodes_tunnel_address_is_that_node()
    {
        _bench.Report("node-b", AtCart(State.Established) with { Client = Tunnel });
        _bench.Advance(1);
        Assert.Equal(new Owner("node-a"), _bench.SinglePublished.SourceOwner);
    }

    [Fact]
    public void A_host_network_pod_with_its_nodes_tunnel_address_is_told_by_its_cgroup()
    {
        _bench.Hosts.Add("node-a", new HostConnection("uid", Tunnel.Port, Cart, Tunnel.Port, Cart, Opened));
        _bench.Names = With(Pod("api", "node-a", NodeA, "api") with { Id = "uid", HostNetwork = true });
        _bench.Report("node-b", AtCart(State.Established) with { Client = Tunnel });
        _bench.Advance(1);
        Assert.Equal("api", _bench.SinglePublished.SourceOwner?.Pod);
    }

    [Fact]
    public void A_server_with_an_address_that_every_node_has_is_the_clients_node()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = LocalDns });
        _bench.Advance(1);
        Assert.Equal((new Owner("node-a"), null), (_bench.SinglePublished.DestinationOwner, _bench.SinglePublished.Service));
    }

    [Fact]
    public void A_host_network_pod_at_such_an_address_is_told_by_its_port()
    {
        _bench.Names = With(
            LocalDnsPod("dns-b", "node-b"),
            LocalDnsPod("dns-a", "node-a"));
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = LocalDns });
        _bench.Advance(1);
        Assert.Equal("dns-a", _bench.SinglePublished.DestinationOwner?.Pod);
    }

    [Fact]
    public void A_node_port_at_a_nodes_second_network_card_is_its_service()
    {
        ClusterObjects objects = CreateObjects();
        objects.Services.Add(new ServiceObject
        {
            Id = new ServiceId("shop", "front"),
            Addresses = [ParseEndpoint("10.96.0.77", 0).Address],
            Ports = [new ServicePortObject("http", Protocol.Tcp, 80, SecondCard.Port)],
        });
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        _bench.Report("node-a", AtWeb(State.Established) with { Server = SecondCard });
        _bench.Advance(3);
        Assert.Equal(new ServiceId("shop", "front"), _bench.SinglePublished.Service);
    }

    /// <summary>Such as <c>externalIPs</c>, kube-vip and keepalived.</summary>
    [Theory]
    [InlineData(8443, "front", null)]
    [InlineData(22, null, "node-b")]
    [InlineData(9100, null, "node-b")]
    [InlineData(31080, "front", "node-b")] // its node port
    public void A_services_address_on_a_nodes_interface_is_the_service_only_at_the_services_ports(
        ushort port, string? service, string? node)
    {
        ClusterObjects objects = CreateObjects();
        objects.Services.Add(new ServiceObject
        {
            Id = new ServiceId("shop", "front"),
            Addresses = [ParseEndpoint("10.96.0.77", 0).Address],
            ExternalAddresses = [SecondCard.Address],
            Ports = [new ServicePortObject("http", Protocol.Tcp, 8443, SecondCard.Port)],
        });
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        _bench.Report("node-a", AtWeb(State.Established) with { Server = SecondCard with { Port = port } });
        _bench.Advance(3);
        Assert.Equal((service, node), (_bench.SinglePublished.Service?.Name, _bench.SinglePublished.DestinationOwner?.Node));
    }

    [Fact]
    public void A_failure_at_a_port_that_the_service_at_such_an_address_does_not_have_is_not_for_lack_of_endpoints()
    {
        ClusterObjects objects = CreateObjects();
        objects.Services[0] = objects.Services[0] with { ExternalAddresses = [SecondCard.Address] };
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        _bench.Report("node-a", AtWeb(State.Dropped).Failed(DropReason.Timeout) with { Server = SecondCard with { Port = 22 } });
        _bench.Advance(3);
        Assert.Equal(DropReason.Timeout, _bench.SinglePublished.Decision.Reason);
        Assert.Equal("node-b", _bench.SinglePublished.DestinationOwner?.Node);
    }

    [Fact]
    public void Pods_and_services_take_precedence_over_reported_addresses()
    {
        _bench.Reported.Set("node-b", [Web.Address, Cart.Address, ServiceWithoutEndpoints.Address], _bench.Now);
        _bench.Report("node-a", AtWeb(State.Dropped).Failed(DropReason.Timeout) with { Server = ServiceWithoutEndpoints });
        _bench.Report("node-a", AtWeb(State.Established, 78) with { Id = 9, Client = Web with { Port = 5 }, Server = Cart });
        _bench.Advance(3);
        Assert.Equal(["web-5d8f-x2x", "web-5d8f-x2x"], _bench.Published.Select(flow => flow.SourceOwner?.Pod));
        Assert.Equal([null, "cart-7c9-q1z"], _bench.Published.Select(flow => flow.DestinationOwner?.Pod));
        Assert.Null(_bench.Published[0].DestinationOwner);
    }

    private static PodObject LocalDnsPod(string name, string node) => Pod(name, node, NodeA, name) with
    {
        HostNetwork = true,
        HostPorts = [new HostPort(Protocol.Udp, 53)],
    };

    private static ClusterNames With(params PodObject[] pods)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods.AddRange(pods);
        return ClusterNames.Empty.With(objects, 0);
    }
}
