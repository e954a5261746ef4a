using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;

namespace Depmap.Relay.Tests.Map;

public class EdgeMapTests
{
    private readonly EdgeMap _map = new(capacity: 3);

    private List<Edge> Edges => _map.Read().Edges;

    private static NamedFlow Flow(AddressPort destination, Decision? decision = null) => new()
    {
        Time = 10,
        LastSeen = 20,
        Decision = decision ?? new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = Web,
        SourceOwner = CreateNames().Addresses.OwnerAt(Web.Address, 0),
        Destination = destination,
        Service = CreateNames().Services.Find(Protocol.Tcp, destination)?.Service,
        DestinationOwner = CreateNames().Addresses.OwnerAt(destination.Address, 0),
        Node = "node-a",
        BytesToServer = 100,
        BytesToClient = 1000,
        HandshakeNs = 50,
    };

    private EdgeShare Put(in NamedFlow flow) => _map.Put(null, flow);

    [Fact]
    public void A_flow_counted_again_replaces_its_previous_counts()
    {
        EdgeShare? share = null;
        share = _map.Put(share, Flow(CartService));
        share = _map.Put(share, Flow(CartService) with { BytesToServer = 300, HandshakeNs = 70, LastSeen = 99 });
        Edge edge = Assert.Single(Edges);
        Assert.Equal((1UL, 300UL, 1000UL, 70UL), (edge.Forwarded, edge.BytesToServer, edge.BytesToClient, edge.HandshakeMeanNs));
        Assert.Equal((10, 99), (edge.FirstSeenUnixNs, edge.LastSeenUnixNs));
    }

    [Fact]
    public void A_flow_that_moves_to_another_edge_leaves_no_counts_behind()
    {
        EdgeShare? stays = null, moves = null;
        stays = _map.Put(stays, Flow(CartService));
        moves = _map.Put(moves, Flow(Cart));
        Assert.Equal(2, Edges.Count);
        moves = _map.Put(moves, Flow(CartService));
        Edge edge = Assert.Single(Edges);
        Assert.Equal((2UL, 200UL, 50UL), (edge.Forwarded, edge.BytesToServer, edge.HandshakeMeanNs));
    }

    [Fact]
    public void A_verdict_that_changes_moves_the_count()
    {
        EdgeShare? share = null;
        share = _map.Put(share, Flow(CartService, new Decision(Verdict.Dropped, DropReason.Policy, "NETFILTER_DROP")));
        DropCount drop = Assert.Single(Assert.Single(Edges).Drops);
        Assert.Equal((DropReason.Policy, "NETFILTER_DROP", 1UL), (drop.Reason, drop.Detail, drop.Count));
        share = _map.Put(share, Flow(CartService));
        Assert.Equal((1UL, 0UL, 0), (Edges[0].Forwarded, Edges[0].Dropped, Edges[0].Drops.Count));
    }

    [Fact]
    public void Above_the_maximum_edges_outside_are_removed_first_by_the_time_of_their_last_use()
    {
        Put(Flow(Cart) with { LastSeen = 1 });
        Put(Flow(External with { Port = 1 }) with { LastSeen = 30 });
        Put(Flow(External with { Port = 2 }) with { LastSeen = 20 });
        Put(Flow(External with { Port = 2 }) with { LastSeen = 20, Decision = new Decision(Verdict.Dropped, DropReason.Timeout) });
        Put(Flow(CartService));
        Assert.Equal((3, 2UL), (Edges.Count, _map.Unmapped));
        Assert.DoesNotContain(Edges, edge => edge.Destination.Port == 2);
        Put(Flow(Dns));
        Assert.Equal((3, 3UL), (Edges.Count, _map.Unmapped));
        Assert.DoesNotContain(Edges, edge => edge.Destination.Ip.Length > 0);
        Put(Flow(PodOnNodeC));
        Assert.Equal((3, 4UL), (Edges.Count, _map.Read().Unmapped));
        Assert.DoesNotContain(Edges, edge => edge.LastSeenUnixNs < 20);
    }

    [Fact]
    public void A_flow_that_is_still_used_brings_its_edge_back_and_counts_once()
    {
        EdgeShare kept = Put(Flow(External with { Port = 1 }));
        Put(Flow(External with { Port = 1 }));
        for (ushort port = 2; port <= 4; port++)
            Put(Flow(External with { Port = port }) with { LastSeen = 50 });
        Assert.Equal((3, 2UL), (Edges.Count, _map.Unmapped));
        kept = _map.Put(kept, Flow(External with { Port = 1 }) with { LastSeen = 60, BytesToServer = 500 });
        kept = _map.Put(kept, Flow(External with { Port = 1 }) with { LastSeen = 60, BytesToServer = 700 });
        Edge edge = Assert.Single(Edges, edge => edge.Destination.Port == 1);
        Assert.Equal((1UL, 700UL), (edge.Forwarded, edge.BytesToServer));
        // Another edge was removed in its place, and the other flow of the first is still without one.
        Assert.Equal((3, 2UL), (Edges.Count, _map.Unmapped));
    }

    [Fact]
    public void A_flow_whose_name_changes_after_its_edge_was_removed_counts_once()
    {
        EdgeShare moved = Put(Flow(External with { Port = 1 }));
        for (ushort port = 2; port <= 4; port++)
            Put(Flow(External with { Port = port }) with { LastSeen = 50 });
        moved = _map.Put(moved, Flow(Cart));
        Assert.Equal((3, 1UL, 3UL), (Edges.Count, _map.Unmapped, (ulong)Edges.Sum(edge => (long)edge.Forwarded)));
    }

    [Fact]
    public void An_edge_is_guessed_if_all_its_flows_are_guessed()
    {
        EdgeShare? one = null, two = null;
        one = _map.Put(one, Flow(CartService) with { Guessed = true });
        Assert.True(Edges[0].Guessed);
        two = _map.Put(two, Flow(CartService));
        Assert.False(Edges[0].Guessed);
    }

    [Fact]
    public void An_unnamed_end_has_its_address_and_a_node_has_its_name()
    {
        EdgeShare? share = null;
        share = _map.Put(share, Flow(External) with { SourceOwner = new Owner("node-a") });
        Edge edge = Assert.Single(Edges);
        Assert.Equal(("node-a", "", "203.0.113.7", 443U), (edge.Source.Node, edge.Source.Ip, edge.Destination.Ip, edge.Destination.Port));
        Assert.Equal(0U, edge.Source.Port);
    }

    [Fact]
    public void Own_traffic_is_a_separate_edge()
    {
        EdgeShare? one = null, two = null;
        one = _map.Put(one, Flow(Cart));
        two = _map.Put(two, Flow(Cart) with { IsOwn = true });
        Assert.Equal([false, true], Edges.Select(edge => edge.Depmap).Order());
    }

    [Fact]
    public void Probes_are_a_separate_edge()
    {
        var probed = new Owner("node-b", "shop", "cart-7c9-q1z", "Deployment/cart", [8080]);
        NamedFlow probe = Flow(Cart) with { SourceOwner = new Owner("node-b"), DestinationOwner = probed };
        Assert.True(probe.IsProbe);
        // Another node, port or protocol, a pod, an unknown source, through a service, or no probe ports.
        NamedFlow[] others =
        [
            probe with { SourceOwner = new Owner("node-a") },
            probe with { Destination = Cart with { Port = 8081 } },
            probe with { Protocol = Protocol.Udp },
            probe with { SourceOwner = new Owner("node-b", "shop", "web", "Deployment/web") },
            probe with { SourceOwner = null },
            probe with { Service = CreateNames().Services.Find(Protocol.Tcp, CartService)?.Service },
            probe with { DestinationOwner = probed with { ProbePorts = null } },
        ];
        Assert.All(others, other => Assert.False(other.IsProbe));

        EdgeShare? one = null, two = null;
        one = _map.Put(one, probe);
        two = _map.Put(two, probe with { DestinationOwner = probed with { ProbePorts = null } });
        Assert.Equal([false, true], Edges.Select(edge => edge.Probe).Order());
    }

    [Fact]
    public void A_service_shows_its_workload_while_there_is_only_one()
    {
        Owner Cart(string workload) => new("node-b", "shop", "p", workload);
        EdgeShare? one = null, two = null;
        one = _map.Put(one, Flow(CartService) with { DestinationOwner = Cart("Deployment/cart") });
        Assert.Equal(("cart", "Deployment/cart"), (Edges[0].Destination.Service, Edges[0].Destination.Workload));
        two = _map.Put(two, Flow(CartService) with { DestinationOwner = Cart("Deployment/cart-v2") });
        Assert.Equal(("cart", ""), (Edges[0].Destination.Service, Edges[0].Destination.Workload));
    }

    [Fact]
    public void Edges_are_sorted_by_source_then_destination_then_port()
    {
        EdgeShare? share = null;
        foreach (AddressPort destination in new[] { External, CartService with { Port = 81 }, CartService })
        {
            share = null;
            share = _map.Put(share, Flow(destination));
        }

        Assert.Equal([("203.0.113.7", 443U), ("", 80U), ("", 81U)], Edges.Select(e => (e.Destination.Ip, e.Destination.Port)));
    }
}
