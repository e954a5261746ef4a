using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
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
        { "client asked a service on observed nodes", 2 },
        { "client asked a pod on an observed node", 2 },
        { "client asked a pod on another node", 0 },
        { "client asked the outside", 0 },
        { "client asked a service without backends", 0 },
        { "server asked by a pod on an observed node", 2 },
        { "server asked by a pod on another node", 0 },
        { "server asked from outside", 0.5 },
        { "server asked by a node", 0.5 },
        { "client refused by an observed pod", 2 },
        { "client refused by the outside", 0 },
        { "client timed out", 0 },
        { "client told unreachable", 0.5 },
        { "client told that it is forbidden", 0.5 },
        { "drop of an observed pod's packet", 0.5 },
        { "drop of another pod's packet", 0 },
    };

    private static (string Node, Sighting Sighting) Case(string name) => name switch
    {
        "client asked a service on observed nodes" => ("node-a", AtWeb(State.Established)),
        "client asked a pod on an observed node" => ("node-a", AtWeb(State.Established) with { Server = Cart }),
        "client asked a pod on another node" => ("node-a", AtWeb(State.Established) with { Server = Faraway }),
        "client asked the outside" => ("node-a", AtWeb(State.Established) with { Server = Outside }),
        "client asked a service without backends" => ("node-a", AtWeb(State.Established) with { Server = EmptyService }),
        "server asked by a pod on an observed node" => ("node-b", AtCart(State.Established)),
        "server asked by a pod on another node" => ("node-b", AtCart(State.Established) with { Client = Faraway }),
        "server asked from outside" => ("node-b", AtCart(State.Established) with { Client = Outside }),
        "server asked by a node" => ("node-b", AtCart(State.Established) with { Client = NodeA }),
        "client refused by an observed pod" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Refused)),
        "client refused by the outside" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Refused) with { Server = Outside }),
        "client timed out" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout)),
        "client told unreachable" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable) with { Server = Outside }),
        "client told that it is forbidden" => ("node-a", AtWeb(State.Opening).Failed(DropReason.Policy) with { Server = Outside }),
        "drop of an observed pod's packet" => ("node-b", Drop(Cart)),
        "drop of another pod's packet" => ("node-b", Drop(Cart) with { Client = Faraway }),
        _ => throw new ArgumentException(name),
    };

    [Theory]
    [InlineData(0)] // web
    [InlineData(1)] // cart
    public void A_flow_of_a_leaving_pod_waits_for_word_of_who_has_its_address_now(int leaving)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods[leaving] = objects.Pods[leaving] with { Deleted = Opened + (30 * UnixTime.Second) };
        _bench.Names = ClusterNames.Empty.With(objects, Opened - UnixTime.Second);
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established));
        _bench.Pass(0.4);
        Assert.Empty(_bench.Published);

        // It had gone before the flow, but only now is that heard.
        objects = CreateObjects();
        objects.Pods[leaving] = objects.Pods[leaving] with { Id = "new", Name = "new" };
        _bench.Names = _bench.Names.With(objects, Opened - 1);
        _bench.Pass(0.2);
        NamedFlow flow = _bench.Only;
        Assert.Equal("new", leaving == 0 ? flow.SourceOwner?.Pod : flow.DestinationOwner?.Pod);
    }

    [Theory]
    [MemberData(nameof(Waits))]
    public void A_flow_waits_only_for_whom_it_can_expect(string name, double seconds)
    {
        (string node, Sighting sighting) = Case(name);
        _bench.Tell(node, sighting);
        if (seconds > 0)
        {
            Assert.Empty(_bench.Published);
            _bench.Pass(seconds - 0.01);
            Assert.Empty(_bench.Published);
            _bench.Pass(0.01);
        }

        Assert.Single(_bench.Published);
    }

    [Fact]
    public void A_node_whose_agent_is_gone_for_a_while_is_not_waited_for()
    {
        _bench.Disconnect("node-b");
        _bench.Pass(5);
        _bench.Tell("node-a", AtWeb(State.Established));
        Assert.Single(_bench.Published);
    }

    [Fact]
    public void An_agent_that_is_being_restarted_is_waited_for()
    {
        _bench.Disconnect("node-b");
        _bench.Pass(4);
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Pass(1.9);
        Assert.Empty(_bench.Published);
        _bench.Connect("node-b", epoch: 2);
        _bench.TellAs("node-b", 2, AtCart(State.Established));
        Assert.Equal(Cart, _bench.Only.Answered);
    }

    [Fact]
    public void A_second_stream_of_the_same_agent_keeps_the_node_observed()
    {
        _bench.Connect("node-b");
        _bench.Disconnect("node-b");
        _bench.Tell("node-a", AtWeb(State.Established));
        Assert.Empty(_bench.Published);
    }

    [Fact]
    public void The_clients_handshake_is_waited_for()
    {
        _bench.Tell("node-a", AtWeb(State.Opening));
        _bench.Tell("node-b", AtCart(State.Established));
        Assert.Empty(_bench.Published);
        _bench.Tell("node-a", AtWeb(State.Established));
        Assert.Equal(180_000UL, _bench.Only.HandshakeNs);
    }

    [Fact]
    public void Both_sides_in_one_batch_are_one_flow()
    {
        _bench.Tell("node-a", AtCart(State.Established), AtWeb(State.Established));
        Assert.Equal(CartService, _bench.Only.Asked);
    }

    [Fact]
    public void An_ended_flow_is_forgotten_after_ten_seconds()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { Ended = true });
        _bench.Tell("node-b", AtCart(State.Established) with { Ended = true });
        _bench.Pass(9);
        Assert.Equal(1, _bench.Held);
        _bench.Pass(1);
        Assert.Equal(0, _bench.Held);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
    }

    [Fact]
    public void An_ended_flow_whose_other_side_may_yet_be_told_is_kept_for_a_minute()
    {
        _bench.Disconnect("node-b");
        _bench.Tell("node-a", AtWeb(State.Established) with { Ended = true });
        _bench.Pass(50);
        _bench.Connect("node-b");
        _bench.Tell("node-b", AtCart(State.Established) with { Ended = true });
        _bench.Pass(10);
        Assert.Single(_bench.Published);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
        Assert.Equal(0, _bench.Held);
    }

    [Fact]
    public void An_idle_connection_of_a_living_agent_is_never_forgotten()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { Server = Outside });
        for (int i = 0; i < 100; i++)
            _bench.Pass(60);
        _bench.Tell("node-a", AtWeb(State.Established) with { Server = Outside, BytesToServer = 1 });
        Assert.Single(_bench.Published);
        Assert.Equal(1, _bench.Held);
    }

    [Fact]
    public void A_flow_outlives_its_agent_by_five_minutes()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { Server = Outside });
        _bench.Pass(1000);
        _bench.Disconnect("node-a");
        _bench.Pass(299);
        Assert.Equal(1, _bench.Held);
        _bench.Pass(31);
        Assert.Equal(0, _bench.Held);
    }

    [Fact]
    public void Beyond_its_bound_the_joiner_forgets_what_ended_first_then_the_oldest()
    {
        var bench = new JoinerBench(capacity: 3);
        Sighting Nth(int n) => AtWeb(State.Established, (uint)n) with { Id = (ulong)n, Client = Web with { Port = (ushort)n }, Server = Outside };
        bench.Tell("node-a", Nth(1), Nth(2), Nth(3));
        bench.Tell("node-a", Nth(2) with { Ended = true });
        bench.Tell("node-a", Nth(4));
        bench.Tell("node-a", Nth(5));
        Assert.Equal((3, 2), (bench.Held, bench.Overflowed));
        bench.Tell("node-a", Nth(3), Nth(4), Nth(5));
        Assert.Equal(5, bench.Published.Count);
        Assert.Equal(5UL, Assert.Single(bench.Edges).Forwarded);
    }

    [Fact]
    public void A_batch_larger_than_all_there_is_room_for_is_survived()
    {
        var bench = new JoinerBench(capacity: 3);
        bench.Tell("node-a", [.. Enumerable.Range(1, 9).Select(n =>
            AtWeb(State.Established, (uint)n) with { Id = (ulong)n, Client = Web with { Port = (ushort)n }, Server = Outside, Ended = true })]);
        Assert.Equal((3, 6), (bench.Held, bench.Overflowed));
        bench.Pass(20);
        Assert.Equal(0, bench.Held);
    }

    [Fact]
    public void A_pod_that_talks_before_its_address_is_known_is_named_once_it_is()
    {
        ClusterObjects before = CreateObjects();
        before.Pods.RemoveAt(0);
        _bench.Names = ClusterNames.Empty.With(before, Opened - UnixTime.Minute);
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established));
        _bench.Pass(1);
        Assert.Empty(_bench.Published);
        _bench.Names = _bench.Names.With(CreateObjects(), Opened + UnixTime.Second);
        _bench.Pass(0.3);
        Assert.Equal("web-5d8f-x2x", _bench.Only.SourceOwner?.Pod);
    }

    [Fact]
    public void A_pod_that_nobody_names_is_told_by_its_address_after_three_seconds()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { Client = End("10.244.1.99", 5) });
        _bench.Pass(2.9);
        Assert.Empty(_bench.Published);
        _bench.Pass(0.3);
        Assert.Null(_bench.Only.SourceOwner);
    }

    [Fact]
    public void A_young_relay_waits_for_agents_that_have_not_come_yet()
    {
        var bench = new JoinerBench(started: JoinerBench.Start);
        bench.Disconnect("node-b");
        bench.Tell("node-a", AtWeb(State.Established));
        bench.Pass(1.9);
        Assert.Empty(bench.Published);
        bench.Connect("node-b", epoch: 2);
        bench.TellAs("node-b", 2, AtCart(State.Established));
        Assert.Equal(Cart, bench.Only.Answered);
    }
}
