using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>What became of a flow.</summary>
public class VerdictTests
{
    private readonly JoinerBench _bench = new();

    private (Verdict, DropReason, string?, bool) Outcome
    {
        get
        {
            NamedFlow flow = _bench.SinglePublished;
            return (flow.Decision.Verdict, flow.Decision.Reason, flow.Decision.Detail, flow.Guessed);
        }
    }

    [Fact]
    public void An_opening_alone_gives_no_verdict()
    {
        _bench.Report("node-a", AtWeb(State.Opening));
        _bench.Report("node-b", AtCart(State.Opening) with { Ended = true });
        _bench.Advance(60);
        Assert.Empty(_bench.Published);
        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public void A_refused_connection_is_dropped_as_refused()
    {
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Refused));
        _bench.Report("node-b", AtCart(State.Opening).Failed(DropReason.Refused));
        Assert.Equal((Verdict.Dropped, DropReason.Refused, null, false), Outcome);
        Assert.Equal(Cart, _bench.SinglePublished.Backend);
    }

    [Theory]
    [InlineData(DropReason.Policy)]
    [InlineData(DropReason.Kernel)]
    [InlineData(DropReason.Unreachable)]
    public void The_cause_nearest_the_packet_wins(DropReason cause)
    {
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Refused));
        _bench.Report("node-b", Drop(Cart, cause, "WHY"));
        Assert.Equal((Verdict.Dropped, cause, "WHY", false), Outcome);
        Assert.Equal((CartService, Cart), (_bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Fact]
    public void A_drop_after_masquerading_is_joined_by_the_original_endpoints()
    {
        _bench.Report("node-a", Drop(External, DropReason.Unreachable, "NEIGH_FAILED") with
        {
            Client = NodeA,
            InitialSequence = null,
            Original = (Web, External),
        });
        _bench.Report("node-a", AtWeb(State.Opening) with { Server = External });
        Assert.Equal((Verdict.Dropped, DropReason.Unreachable, "NEIGH_FAILED", false), Outcome);
        Assert.Equal(
            (Web, External, null), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Fact]
    public void The_tuple_before_translation_names_service_and_pod()
    {
        _bench.Report("node-a", Drop(Cart) with { Original = (Web, CartService), InitialSequence = null });
        _bench.Advance(0.6);
        Assert.Equal(
            (Web, CartService, Cart), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Theory]
    [InlineData("10.96.0.99", 80)]
    [InlineData("10.96.0.10", 81)]
    public void A_service_without_endpoints_is_distinguished_from_a_policy(string address, int port)
    {
        AddressPort destination = ParseEndpoint(address, port);
        _bench.Report("node-a", Drop(destination));
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable) with { Server = destination });
        Assert.Equal((Verdict.Dropped, DropReason.NoEndpoints, "NETFILTER_DROP", false), Outcome);
        Assert.NotNull(_bench.SinglePublished.Service);
    }

    [Fact]
    public void A_policy_drop_before_translation_stays_a_policy_drop_if_the_service_has_endpoints()
    {
        _bench.Report("node-a", Drop(CartService));
        _bench.Advance(1);
        Assert.Equal(DropReason.Policy, _bench.SinglePublished.Decision.Reason);
    }

    [Theory]
    [InlineData(-60, 0.9, true)] // not ready until 0.9 s after the drop
    [InlineData(-60, -0.9, true)] // ready, but kube-proxy may not know it yet
    [InlineData(-60, -1.1, false)]
    [InlineData(0.3, 20, true)] // ready until 0.3 s after the drop, but kube-proxy may be faster than the relay
    [InlineData(1.1, 20, false)]
    [InlineData(-20, -10, false)]
    public void The_reason_is_that_of_the_objects_at_the_time_of_the_drop(double notReady, double ready, bool isNoEndpoints)
    {
        ClusterObjects without = CreateObjects();
        without.Slices[0] = Slice("shop", "cart", Cart, "http", Protocol.Tcp, ready: false);
        _bench.Names = CreateNames().With(without, At(notReady)).With(CreateObjects(), At(ready));
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable), Drop(CartService));
        _bench.Advance(1);
        Assert.Equal(isNoEndpoints ? DropReason.NoEndpoints : DropReason.Policy, _bench.SinglePublished.Decision.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_published_reason_stays_whatever_the_objects_say_later(bool recovers)
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        ClusterNames empty = ClusterNames.Empty.With(without, At(-60)), full = ClusterNames.Empty.With(CreateObjects(), At(-60));
        _bench.Names = recovers ? empty : full;
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable), Drop(CartService));
        _bench.Advance(0.6);
        DropReason reason = recovers ? DropReason.NoEndpoints : DropReason.Policy;
        Assert.Equal(reason, _bench.SinglePublished.Decision.Reason);
        // Objects that were read late, as of the time of the drop.
        _bench.Names = recovers ? full : empty;
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable) with { BytesToServer = 60, Ended = true });
        _bench.Advance(1);
        Assert.Equal(reason, Assert.Single(Assert.Single(_bench.Edges).Drops).Reason);
        Assert.Single(_bench.Published);
    }

    [Fact]
    public void A_service_that_loses_its_endpoints_is_known_before_the_drop_is_published()
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable), Drop(CartService));
        Assert.Empty(_bench.Published);
        _bench.Advance(0.2);
        _bench.Names = _bench.Names.With(without, At(0.2));
        _bench.Advance(0.4);
        Assert.Equal(DropReason.NoEndpoints, _bench.SinglePublished.Decision.Reason);
    }

    [Theory]
    [InlineData("10.96.0.99", 80, DropReason.NoEndpoints)]
    [InlineData("10.96.0.10", 81, DropReason.NoEndpoints)]
    [InlineData("10.96.0.10", 80, DropReason.Timeout)]
    [InlineData("172.30.7.11", 81, DropReason.Timeout)]
    public void Silence_at_a_service_without_endpoints_has_that_reason(string address, int port, DropReason reason)
    {
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout) with { Server = ParseEndpoint(address, port) });
        Assert.Equal((Verdict.Dropped, reason, null, false), Outcome);
    }

    [Fact]
    public void A_datagram_to_a_service_without_endpoints_did_not_arrive()
    {
        _bench.Report("node-a", DnsAtWeb(State.OneWay) with { Server = DnsService with { Port = 54 } });
        _bench.Advance(0.6);
        Assert.Equal((Verdict.Dropped, DropReason.NoEndpoints, null, true), Outcome);
        _bench.Report("node-a", DnsAtWeb(State.OneWay) with { Server = DnsService with { Port = 54 }, BytesToServer = 9, Ended = true });
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Dropped);
    }

    [Fact]
    public void Silence_after_the_packet_reached_the_pod_is_a_timeout()
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        _bench.Names = ClusterNames.Empty.With(without, 0);
        _bench.Report("node-b", AtCart(State.Opening));
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout));
        Assert.Equal(DropReason.Timeout, _bench.SinglePublished.Decision.Reason);
    }

    [Theory]
    [InlineData(true, "node-b", DropReason.NoEndpoints, "NONE_ON_THIS_NODE")]
    [InlineData(true, "node-a", DropReason.Policy, "NETFILTER_DROP")]
    [InlineData(false, "node-b", DropReason.Policy, "NETFILTER_DROP")]
    [InlineData(true, null, DropReason.NoEndpoints, "NETFILTER_DROP")]
    public void With_a_local_policy_only_endpoints_on_the_clients_node_count(bool local, string? pod, DropReason reason, string detail)
    {
        _bench.Names = ClusterNames.Empty.With(WithLocalCart(local, pod), 0);
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout), Drop(CartService));
        _bench.Advance(1);
        Assert.Equal((Verdict.Dropped, reason, detail, false), Outcome);
    }

    [Theory]
    [InlineData("172.30.7.12", "node-a", DropReason.NoEndpoints, "NONE_ON_THIS_NODE")]
    [InlineData("172.30.7.12", "node-b", DropReason.Timeout, null)]
    [InlineData("172.30.7.11", "node-a", DropReason.Timeout, null)]
    public void With_a_local_policy_only_endpoints_on_the_called_node_count(string node, string pod, DropReason reason, string? detail)
    {
        _bench.Names = ClusterNames.Empty.With(WithLocalCart(true, pod), 0);
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout) with { Server = ParseEndpoint(node, 30080) });
        Assert.Equal((Verdict.Dropped, reason, detail, false), Outcome);
    }

    [Fact]
    public void Endpoints_on_a_node_are_judged_at_the_time_of_the_drop()
    {
        _bench.Names = ClusterNames.Empty.With(WithLocalCart(true, "node-b"), At(-60)).With(WithLocalCart(true, "node-a"), At(0.1));
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout));
        Assert.Equal((Verdict.Dropped, DropReason.NoEndpoints, "NONE_ON_THIS_NODE", false), Outcome);
    }

    private static ClusterObjects WithLocalCart(bool local, string? podsNode)
    {
        ClusterObjects objects = CreateObjects();
        objects.Services[0] = objects.Services[0] with
        {
            IsInternalLocal = local,
            IsExternalLocal = local,
            Ports = [new ServicePortObject("http", Protocol.Tcp, 80, NodePort: 30080)],
        };
        objects.Slices[0] = objects.Slices[0] with
        {
            Endpoints = podsNode is null ? [] : [new SliceEndpoint(Cart.Address, true, podsNode)],
        };
        return objects;
    }

    private static long At(double seconds) => Opened + (long)(seconds * UnixTime.Second);

    [Fact]
    public void A_handshake_after_a_dropped_syn_is_published_again_as_forwarded()
    {
        _bench.Report("node-a", AtWeb(State.Opening), Drop(CartService));
        _bench.Advance(0.5);
        Assert.Equal(Verdict.Dropped, _bench.SinglePublished.Decision.Verdict);
        Assert.Equal((0UL, 1UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
        _bench.Advance(1);
        _bench.Report("node-a", AtWeb(State.Established) with { LastSeen = Opened + UnixTime.Second });
        Assert.Single(_bench.Published);
        _bench.Report("node-b", AtCart(State.Established) with { Opened = Opened + UnixTime.Second });
        Assert.Equal(Cart, _bench.Published[1].Backend);
        _bench.Report("node-a", AtWeb(State.Established) with { LastSeen = Opened + (2 * UnixTime.Second), BytesToServer = 9 });
        _bench.Advance(5);

        Assert.Equal([Verdict.Dropped, Verdict.Forwarded], _bench.Published.Select(f => f.Decision.Verdict));
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 0UL), (edge.Forwarded, edge.Dropped));
        Assert.Empty(edge.Drops);
    }

    [Fact]
    public void A_drop_within_an_established_connection_does_not_change_the_verdict()
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established), Drop(Cart));
        Assert.Equal(Verdict.Forwarded, _bench.SinglePublished.Decision.Verdict);
        Assert.Equal((1UL, 0UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
    }

    [Fact]
    public void A_better_cause_reported_later_changes_the_edge_but_is_not_published_again()
    {
        _bench.Report("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout));
        _bench.Report("node-b", Drop(Cart));
        Assert.Equal(DropReason.Timeout, _bench.SinglePublished.Decision.Reason);
        Assert.Equal(DropReason.Policy, Assert.Single(Assert.Single(_bench.Edges).Drops).Reason);
    }

    [Fact]
    public void An_answered_conversation_is_forwarded()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established));
        _bench.Report("node-b", AtDns(State.Established));
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, false), Outcome);
        Assert.Equal((DnsService, Dns), (_bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Fact]
    public void One_way_traffic_delivered_to_a_pod_is_forwarded()
    {
        _bench.Report("node-a", DnsAtWeb(State.OneWay));
        Assert.Empty(_bench.Published);
        _bench.Report("node-b", AtDns(State.OneWay));
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, false), Outcome);
    }

    [Fact]
    public void One_way_traffic_not_seen_at_the_server_is_guessed_as_forwarded_after_a_delay()
    {
        _bench.Report("node-a", DnsAtWeb(State.OneWay));
        _bench.Advance(1.9);
        Assert.Empty(_bench.Published);
        _bench.Advance(0.2);
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, true), Outcome);
    }

    [Fact]
    public void One_way_traffic_to_an_external_address_is_guessed_as_forwarded_immediately()
    {
        _bench.Report("node-a", DnsAtWeb(State.OneWay) with { Server = External });
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, true), Outcome);
    }

    [Fact]
    public void A_reply_removes_the_guess_from_the_edge()
    {
        _bench.Report("node-a", DnsAtWeb(State.OneWay) with { Server = External });
        Assert.True(Assert.Single(_bench.Edges).Guessed);
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = External, BytesToClient = 5 });
        Assert.Single(_bench.Published);
        Assert.False(Assert.Single(_bench.Edges).Guessed);
    }

    [Fact]
    public void A_datagram_to_a_closed_port_is_dropped()
    {
        _bench.Report("node-b", AtDns(State.Opening).Failed(DropReason.Unreachable));
        _bench.Report("node-a", DnsAtWeb(State.Opening).Failed(DropReason.Unreachable));
        Assert.Equal((Verdict.Dropped, DropReason.Unreachable, null, false), Outcome);
    }

    [Fact]
    public void An_error_after_a_reply_does_not_change_the_verdict()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = External });
        _bench.Report("node-a", DnsAtWeb(State.Opening).Failed(DropReason.Unreachable) with { Server = External, BytesToServer = 50 });
        Assert.Single(_bench.Published);
        Assert.Equal((1UL, 0UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_established_connection_that_a_side_reports_as_dropped_is_published_again_until_it_recovers(bool atClient)
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        Sighting side = atClient ? AtWeb(State.Established) : AtCart(State.Established);
        _bench.Report(
            atClient ? "node-a" : "node-b",
            side with { State = State.Dropped, DropReason = DropReason.Kernel, DropDetail = "PKT_TOO_BIG" });
        Assert.Equal([Verdict.Forwarded, Verdict.Dropped], _bench.Published.Select(flow => flow.Decision.Verdict));
        Assert.Equal((DropReason.Kernel, "PKT_TOO_BIG"), (_bench.Published[1].Decision.Reason, _bench.Published[1].Decision.Detail));
        _bench.Report(atClient ? "node-a" : "node-b", side);
        Assert.Equal(Verdict.Forwarded, _bench.Published[2].Decision.Verdict);
        Assert.Single(_bench.Published.Select(flow => flow.Id).Distinct());
        Assert.Equal((1UL, 0UL), (Assert.Single(_bench.Edges).Forwarded, _bench.Edges[0].Dropped));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_cut_off_by_a_policy_is_published_again_as_dropped(bool byService)
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        Assert.Equal(Verdict.Forwarded, _bench.SinglePublished.Decision.Verdict);
        Sighting cut = Drop(Cart) with
        {
            InitialSequence = null,
            Opened = Opened + (60 * UnixTime.Second),
            LastSeen = Opened + (62 * UnixTime.Second),
        };
        _bench.Report("node-b", byService ? cut with { Original = (Web, CartService) } : cut);
        Assert.Equal(2, _bench.Published.Count);
        Assert.Equal(
            (Verdict.Dropped, DropReason.Policy, "NETFILTER_DROP"),
            (_bench.Published[1].Decision.Verdict, _bench.Published[1].Decision.Reason, _bench.Published[1].Decision.Detail));
        Assert.Equal((0UL, 1UL), (Assert.Single(_bench.Edges).Forwarded, _bench.Edges[0].Dropped));
    }
}
