using Depmap.Relay.Flows;
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

    [Fact]
    public void A_handshake_after_a_dropped_syn_is_published_again_as_forwarded()
    {
        _bench.Report("node-a", AtWeb(State.Opening), Drop(CartService));
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
