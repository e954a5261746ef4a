using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>When a flow is published, and how long it is kept.</summary>
public class JoinDelayTests
{
    private readonly JoinerBench _bench = new();

    public static TheoryData<string, double> Waits => new()
    {
        { "client to a service on observed nodes", 2 },
        { "client to a pod on an observed node", 2 },
        { "client to a pod on another node", 0 },
        { "client to an external address", 0 },
        { "client to a service without endpoints", 0 },
        { "server from a pod on an observed node", 2 },
        { "server from a pod on another node", 0 },
        { "server from an external address", 0.5 },
        { "server from a node", 0.5 },
        { "client refused by an observed pod", 2 },
        { "client refused by the outside", 0 },
        { "client timed out", 0 },
        { "client received unreachable", 0.5 },
        { "client received prohibited", 0.5 },
        { "drop of an observed pod's packet", 0.5 },
        { "drop of another pod's packet", 0 },
    };

    private static (string Node, Sighting Sighting) Case(string name) => name switch
    {
        "client to a service on observed nodes" => ("node-a", AtWeb(State.Established)),
        "client to a pod on an observed node" => ("node-a", AtWeb(State.Established) with { Server = Cart }),
        "client to a pod on another node" => ("node-a", AtWeb(State.Established) with { Server = PodOnNodeC }),
        "client to an external address" => ("node-a", AtWeb(State.Established) with { Server = External }),
        "client to a service without endpoints" => ("node-a", AtWeb(State.Established) with { Server = ServiceWithoutEndpoints }),
        "server from a pod on an observed node" => ("node-b", AtCart(State.Established)),
        "server from a pod on another node" => ("node-b", AtCart(State.Established) with { Client = PodOnNodeC }),
        "server from an external address" => ("node-b", AtCart(State.Established) with { Client = External }),
        "server from a node" => ("node-b", AtCart(State.Established) with { Client = NodeA }),
        "client refused by an observed pod" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Refused)),
        "client refused by the outside" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Refused) with { Server = External }),
        "client timed out" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout)),
        "client received unreachable" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable) with { Server = External }),
        "client received prohibited" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Policy) with { Server = External }),
        "drop of an observed pod's packet" => ("node-b", Drop(Cart)),
        "drop of another pod's packet" => ("node-b", Drop(Cart) with { Client = PodOnNodeC }),
        _ => throw new ArgumentException(name),
    };

    [Theory]
    [InlineData(0)] // web
    [InlineData(1)] // cart
    public void A_flow_of_a_pod_being_deleted_waits_for_the_new_owner_of_its_address(int index)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods[index] = objects.Pods[index] with { Deleted = Opened + (30 * UnixTime.Second) };
        _bench.Names = ClusterNames.Empty.With(objects, Opened - UnixTime.Second);
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Advance(0.4);
        Assert.Empty(_bench.Published);

        // The pod was deleted before the flow, but this is reported only now.
        objects = CreateObjects();
        objects.Pods[index] = objects.Pods[index] with { Id = "new", Name = "new" };
        _bench.Names = _bench.Names.With(objects, Opened - 1);
        _bench.Advance(0.2);
        NamedFlow flow = _bench.SinglePublished;
        Assert.Equal("new", index == 0 ? flow.SourceOwner?.Pod : flow.DestinationOwner?.Pod);
    }

    /// <summary>The interfaces tell the former owner of an address from the next one, which the API reports late.</summary>
    [Fact]
    public void A_flow_at_an_interface_that_appeared_after_its_owner_waits_for_the_next_owner()
    {
        const long second = UnixTime.Second;
        ClusterObjects objects = CreateObjects();
        objects.Pods[0] = objects.Pods[0] with { Started = Opened - (100 * second) };
        _bench.Names = ClusterNames.Empty.With(objects, Opened - (90 * second));
        Sighting ofFormer = AtWeb(State.Established) with { Server = External, InterfaceSince = Opened - (99 * second) };
        _bench.Report("node-a", ofFormer);
        Assert.Equal(objects.Pods[0].Name, _bench.SinglePublished.SourceOwner?.Pod);

        Sighting ofNext = ofFormer with
        {
            Id = 2, Client = ofFormer.Client with { Port = 2 }, InitialSequence = 5, InterfaceSince = Opened - second,
        };
        _bench.Report("node-a", ofNext);
        _bench.Advance(1);
        Assert.Single(_bench.Published);

        objects = CreateObjects();
        objects.Pods[0] = objects.Pods[0] with { Id = "next", Name = "next", Started = Opened - (2 * second) };
        _bench.Names = _bench.Names.With(objects, Opened + second);
        _bench.Advance(0.2);
        Assert.Equal("next", _bench.Published[^1].SourceOwner?.Pod);
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_flow_waits_only_for_sightings_that_can_be_expected(string name, double seconds)
    {
        (string node, Sighting sighting) = Case(name);
        _bench.Report(node, sighting);
        if (seconds > 0)
        {
            Assert.Empty(_bench.Published);
            _bench.Advance(seconds - 0.01);
            Assert.Empty(_bench.Published);
            _bench.Advance(0.01);
        }

        Assert.Single(_bench.Published);
    }

    [Fact]
    public void A_flow_does_not_wait_for_a_node_whose_agent_has_been_disconnected_for_long()
    {
        _bench.Disconnect("node-b");
        _bench.Advance(5);
        _bench.Report("node-a", AtWeb(State.Established));
        Assert.Single(_bench.Published);
    }

    [Fact]
    public void A_flow_waits_for_an_agent_that_is_being_restarted()
    {
        _bench.Disconnect("node-b");
        _bench.Advance(4);
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Advance(1.9);
        Assert.Empty(_bench.Published);
        _bench.Connect("node-b", epoch: 2);
        _bench.ReportAs("node-b", 2, AtCart(State.Established));
        Assert.Equal(Cart, _bench.SinglePublished.Backend);
    }

    [Fact]
    public void A_second_stream_of_the_same_agent_keeps_the_node_observed()
    {
        _bench.Connect("node-b");
        _bench.Disconnect("node-b");
        _bench.Report("node-a", AtWeb(State.Established));
        Assert.Empty(_bench.Published);
    }

    [Fact]
    public void A_flow_waits_for_the_clients_handshake_time()
    {
        _bench.Report("node-a", AtWeb(State.Opening));
        _bench.Report("node-b", AtCart(State.Established));
        Assert.Empty(_bench.Published);
        _bench.Report("node-a", AtWeb(State.Established));
        Assert.Equal(180_000UL, _bench.SinglePublished.HandshakeNs);
    }

    [Fact]
    public void Both_sides_in_one_batch_are_one_flow()
    {
        _bench.Report("node-a", AtCart(State.Established), AtWeb(State.Established));
        Assert.Equal(CartService, _bench.SinglePublished.Destination);
    }

    [Fact]
    public void An_ended_flow_is_removed_after_ten_seconds()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Ended = true });
        _bench.Report("node-b", AtCart(State.Established) with { Ended = true });
        _bench.Advance(9);
        Assert.Equal(1, _bench.FlowCount);
        _bench.Advance(1);
        Assert.Equal(0, _bench.FlowCount);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
    }

    [Fact]
    public void An_ended_flow_whose_other_side_may_still_be_reported_is_kept_for_a_minute()
    {
        _bench.Disconnect("node-b");
        _bench.Report("node-a", AtWeb(State.Established) with { Ended = true });
        _bench.Advance(50);
        _bench.Connect("node-b");
        _bench.Report("node-b", AtCart(State.Established) with { Ended = true });
        _bench.Advance(10);
        Assert.Single(_bench.Published);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
        Assert.Equal(0, _bench.FlowCount);
    }

    [Fact]
    public void An_idle_connection_of_a_connected_agent_is_never_removed()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        for (int i = 0; i < 100; i++)
            _bench.Advance(60);
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External, BytesToServer = 1 });
        Assert.Single(_bench.Published);
        Assert.Equal(1, _bench.FlowCount);
    }

    [Fact]
    public void A_flow_outlives_its_agent_by_five_minutes()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        _bench.Advance(1000);
        _bench.Disconnect("node-a");
        _bench.Advance(299);
        Assert.Equal(1, _bench.FlowCount);
        _bench.Advance(31);
        Assert.Equal(0, _bench.FlowCount);
    }

    [Fact]
    public void Above_its_capacity_the_joiner_evicts_the_flow_that_ended_first_then_the_oldest()
    {
        var bench = new JoinerBench(capacity: 3);
        Sighting Nth(int n) =>
            AtWeb(State.Established, (uint)n) with { Id = (ulong)n, Client = Web with { Port = (ushort)n }, Server = External };
        bench.Report("node-a", Nth(1), Nth(2), Nth(3));
        bench.Report("node-a", Nth(2) with { Ended = true });
        bench.Report("node-a", Nth(4));
        bench.Report("node-a", Nth(5));
        Assert.Equal((3, 2), (bench.FlowCount, bench.Evicted));
        bench.Report("node-a", Nth(3), Nth(4), Nth(5));
        Assert.Equal(5, bench.Published.Count);
        Assert.Equal(5UL, Assert.Single(bench.Edges).Forwarded);
    }

    [Fact]
    public void A_batch_larger_than_the_capacity_is_handled()
    {
        var bench = new JoinerBench(capacity: 3);
        Sighting Nth(int n) => AtWeb(State.Established, (uint)n) with
        {
            Id = (ulong)n,
            Client = Web with { Port = (ushort)n },
            Server = External,
            Ended = true,
        };
        bench.Report("node-a", [.. Enumerable.Range(1, 9).Select(Nth)]);
        Assert.Equal((3, 6), (bench.FlowCount, bench.Evicted));
        bench.Advance(20);
        Assert.Equal(0, bench.FlowCount);
    }

    [Fact]
    public void A_pod_that_sends_before_its_address_is_known_is_named_once_it_is_known()
    {
        ClusterObjects before = CreateObjects();
        before.Pods.RemoveAt(0);
        _bench.Names = ClusterNames.Empty.With(before, Opened - UnixTime.Minute);
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Advance(1);
        Assert.Empty(_bench.Published);
        _bench.Names = _bench.Names.With(CreateObjects(), Opened + UnixTime.Second);
        _bench.Advance(0.3);
        Assert.Equal("web-5d8f-x2x", _bench.SinglePublished.SourceOwner?.Pod);
    }

    [Fact]
    public void A_pod_without_a_name_is_shown_by_its_address_after_three_seconds()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Client = ParseEndpoint("10.244.1.99", 5) });
        _bench.Advance(2.9);
        Assert.Empty(_bench.Published);
        _bench.Advance(0.3);
        Assert.Null(_bench.SinglePublished.SourceOwner);
    }

    [Theory]
    [InlineData(4, true)]
    [InlineData(20, true)]
    [InlineData(50, true)]
    [InlineData(20, false)]
    public void A_name_that_comes_after_a_flow_was_published_is_in_the_map(double seconds, bool ended)
    {
        _bench.Names = ClusterNames.Empty;
        _bench.Report("node-a", AtWeb(State.Established) with { Ended = ended });
        for (int i = 0; i < 10 * seconds; i++)
            _bench.Advance(0.1);
        Assert.Null(_bench.SinglePublished.SourceOwner);
        _bench.Names = _bench.Names.With(CreateObjects(), _bench.Now);
        for (int i = 0; i < 10 * seconds / 3; i++)
            _bench.Advance(0.1);
        Assert.Equal("Deployment/web", Assert.Single(_bench.Edges).Source.Workload);
        Assert.Single(_bench.Published);
    }

    [Fact]
    public void The_address_of_a_pod_without_a_name_is_asked_for()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Client = ParseEndpoint("10.244.1.99", 5), Server = External });
        Assert.Equal(["10.244.1.99"], _bench.Unnamed.Select(address => address.ToString()));
    }

    [Fact]
    public void A_relay_that_has_just_started_waits_for_agents_to_connect()
    {
        var bench = new JoinerBench(started: JoinerBench.Start);
        bench.Disconnect("node-b");
        bench.Report("node-a", AtWeb(State.Established));
        bench.Advance(1.9);
        Assert.Empty(bench.Published);
        bench.Connect("node-b", epoch: 2);
        bench.ReportAs("node-b", 2, AtCart(State.Established));
        Assert.Equal(Cart, bench.SinglePublished.Backend);
    }
}
