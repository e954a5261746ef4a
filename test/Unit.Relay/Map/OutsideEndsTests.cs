using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;

namespace Depmap.Relay.Tests.Map;

public class OutsideEndsTests
{
    private static readonly Owner Pod = new("node-a", "shop", "web-1", "Deployment/web");

    private readonly NodeTable _nodes = new([new NodeObject("node-a", []) { PodRanges = [AddressRange.Parse("100.80.0.0/24")] }]);
    private EdgeMap _map = new(capacity: 100, OutsideNetworks.Parse("198.51.100.0/24=office,10.8.0.0/16=vpn").Value);

    private List<Edge> Edges => _map.Read().Edges;

    private static NamedFlow Flow(string client, string server, Owner? source = null, Owner? destination = null) => new()
    {
        Time = 10,
        LastSeen = 20,
        Decision = new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = ParseEndpoint(client, 40_000),
        Destination = ParseEndpoint(server, 443),
        SourceOwner = source,
        DestinationOwner = destination,
        Node = "node-a",
    };

    private EdgeShare Put(in NamedFlow flow, EdgeShare? share = null) => _map.Put(share, flow, _nodes);

    [Theory]
    [InlineData("203.0.113.7", "outside", 1)]
    [InlineData("192.168.3.4", "outside", 1)]
    [InlineData("198.51.100.20", "office", 1)]
    [InlineData("10.8.1.1", "vpn", 1)]
    [InlineData("100.80.0.9", "", 0)] // of a pod that is not known: inside the cluster
    public void A_client_without_a_name_is_of_a_group(string client, string name, uint count)
    {
        Put(Flow(client, "10.244.0.1", destination: Pod));
        Endpoint source = Assert.Single(Edges).Source;
        Assert.Equal((name, count, client), (source.Name, source.AddressCount, source.Ip));
    }

    [Theory]
    [InlineData("203.0.113.7", "outside", false)]
    [InlineData("198.51.100.20", "office", false)]
    [InlineData("10.8.1.1", "vpn", false)]
    [InlineData("192.168.3.4", "", false)]
    [InlineData("169.254.169.254", "", false)]
    [InlineData("fd12::1", "", false)]
    [InlineData("100.80.0.9", "", false)]
    [InlineData("224.0.0.251", "multicast", true)]
    [InlineData("ff02::fb", "multicast", true)]
    [InlineData("255.255.255.255", "broadcast", true)]
    public void A_server_without_a_name_is_of_a_group_unless_its_address_is_private(string server, string name, bool isMulticast)
    {
        Put(Flow("10.244.0.1", server, source: Pod));
        Edge edge = Assert.Single(Edges);
        Assert.Equal((name, server, isMulticast), (edge.Destination.Name, edge.Destination.Ip, edge.Multicast));
    }

    [Fact]
    public void A_name_that_the_client_resolved_comes_before_a_network()
    {
        Put(Flow("10.244.0.1", "198.51.100.20", source: Pod) with { ResolvedName = new ResolvedName("api.example.com", []) });
        Endpoint server = Assert.Single(Edges).Destination;
        Assert.Equal(("api.example.com", 0U), (server.Name, server.AddressCount));
    }

    [Fact]
    public void A_thousand_clients_are_one_edge_with_their_number()
    {
        for (int i = 0; i < 1_000; i++)
        {
            for (int repeated = 0; repeated < 2; repeated++)
                Put(Flow($"203.0.{i / 250}.{i % 250}", "10.244.0.1", destination: Pod));
        }

        Edge edge = Assert.Single(Edges);
        Assert.Equal((2_000UL, 1_000U, "", false), (edge.Forwarded, edge.Source.AddressCount, edge.Source.Ip, edge.MoreAddresses));
        Put(Flow("203.0.9.9", "10.244.0.1", destination: Pod));
        edge = Assert.Single(Edges);
        Assert.Equal((1_000U, true, 0UL), (edge.Source.AddressCount, edge.MoreAddresses, _map.Unmapped));
    }

    [Fact]
    public void Clients_of_the_internet_cannot_fill_the_map()
    {
        _map = new EdgeMap(capacity: 2);
        Put(Flow("10.244.0.2", "10.244.0.1", Pod, Pod));
        for (int i = 0; i < 5_000; i++)
            Put(Flow($"203.{i / 2500}.{i / 250 % 10}.{i % 250}", "10.244.0.1", destination: Pod) with { LastSeen = 100 + i });
        Assert.Equal((2, 0UL), (Edges.Count, _map.Unmapped));
    }

    [Fact]
    public void An_address_that_gets_a_name_is_no_longer_counted()
    {
        EdgeShare first = Put(Flow("203.0.113.1", "10.244.0.1", destination: Pod));
        EdgeShare second = Put(Flow("203.0.113.2", "10.244.0.1", destination: Pod));
        Assert.Equal(2U, Assert.Single(Edges).Source.AddressCount);
        Put(Flow("203.0.113.1", "10.244.0.1", Pod, Pod), first);
        Endpoint rest = Edges.Single(edge => edge.Source.AddressCount > 0).Source;
        Assert.Equal((1U, "203.0.113.2"), (rest.AddressCount, rest.Ip));
        Put(Flow("203.0.113.2", "10.244.0.1", destination: Pod), second);
        Assert.Equal(1U, Edges.Single(edge => edge.Source.AddressCount > 0).Source.AddressCount);
    }

    [Fact]
    public void A_flow_beyond_the_counted_addresses_can_move()
    {
        for (int i = 0; i < GroupAddresses.Max; i++)
            Put(Flow($"203.0.{i / 250}.{i % 250}", "10.244.0.1", destination: Pod));
        EdgeShare more = Put(Flow("198.18.0.1", "10.244.0.1", destination: Pod));
        Put(Flow("198.18.0.1", "10.244.0.1", Pod, Pod), more);
        Edge edge = Edges.Single(edge => edge.Source.AddressCount > 0);
        Assert.Equal((1_000UL, 1_000U, true), (edge.Forwarded, edge.Source.AddressCount, edge.MoreAddresses));
    }
}
