using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
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
            NamedFlow flow = _bench.Only;
            return (flow.Decision.Verdict, flow.Decision.Reason, flow.Decision.Detail, flow.Guessed);
        }
    }

    [Fact]
    public void An_opening_is_no_verdict()
    {
        _bench.Tell("node-a", AtWeb(State.Opening));
        _bench.Tell("node-b", AtCart(State.Opening) with { Ended = true });
        _bench.Pass(60);
        Assert.Empty(_bench.Published);
        Assert.Empty(_bench.Edges);
    }

    [Fact]
    public void A_refused_connection_is_dropped_as_refused()
    {
        _bench.Tell("node-a", AtWeb(State.Opening).Failed(DropReason.Refused));
        _bench.Tell("node-b", AtCart(State.Opening).Failed(DropReason.Refused));
        Assert.Equal((Verdict.Dropped, DropReason.Refused, null, false), Outcome);
        Assert.Equal(Cart, _bench.Only.Answered);
    }

    [Theory]
    [InlineData(DropReason.Policy)]
    [InlineData(DropReason.Kernel)]
    [InlineData(DropReason.Unreachable)]
    public void The_cause_nearest_the_packet_wins(DropReason cause)
    {
        _bench.Tell("node-a", AtWeb(State.Opening).Failed(DropReason.Refused));
        _bench.Tell("node-b", Drop(Cart, cause, "WHY"));
        Assert.Equal((Verdict.Dropped, cause, "WHY", false), Outcome);
        Assert.Equal((CartService, Cart), (_bench.Only.Asked, _bench.Only.Answered));
    }

    [Fact]
    public void A_drop_before_translation_is_tied_to_the_pod_by_what_was_asked()
    {
        _bench.Tell("node-a", Drop(Outside, DropReason.Unreachable, "NEIGH_FAILED") with
        {
            Client = NodeA,
            InitialSequence = null,
            Original = (Web, Outside),
        });
        _bench.Tell("node-a", AtWeb(State.Opening) with { Server = Outside });
        Assert.Equal((Verdict.Dropped, DropReason.Unreachable, "NEIGH_FAILED", false), Outcome);
        Assert.Equal((Web, Outside, null), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Answered));
    }

    [Fact]
    public void The_tuple_before_translation_names_service_and_pod()
    {
        _bench.Tell("node-a", Drop(Cart) with { Original = (Web, CartService), InitialSequence = null });
        _bench.Pass(0.6);
        Assert.Equal((Web, CartService, Cart), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Answered));
    }

    [Theory]
    [InlineData("10.96.0.99", 80)]
    [InlineData("10.96.0.10", 81)]
    public void A_service_with_nobody_behind_the_port_is_told_from_a_policy(string address, int port)
    {
        AddressPort asked = End(address, port);
        _bench.Tell("node-a", Drop(asked));
        _bench.Tell("node-a", AtWeb(State.Opening).Failed(DropReason.Unreachable) with { Server = asked });
        Assert.Equal((Verdict.Dropped, DropReason.NoEndpoints, "NETFILTER_DROP", false), Outcome);
        Assert.NotNull(_bench.Only.Service);
    }

    [Fact]
    public void A_policys_drop_before_translation_stays_a_policys_where_somebody_serves()
    {
        _bench.Tell("node-a", Drop(CartService));
        _bench.Pass(1);
        Assert.Equal(DropReason.Policy, _bench.Only.Decision.Reason);
    }

    [Fact]
    public void A_handshake_after_a_dropped_syn_is_published_again_as_forwarded()
    {
        _bench.Tell("node-a", AtWeb(State.Opening), Drop(CartService));
        Assert.Equal(Verdict.Dropped, _bench.Only.Decision.Verdict);
        Assert.Equal((0UL, 1UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
        _bench.Pass(1);
        _bench.Tell("node-a", AtWeb(State.Established) with { Last = Opened + UnixTime.Second });
        Assert.Single(_bench.Published);
        _bench.Tell("node-b", AtCart(State.Established) with { Opened = Opened + UnixTime.Second });
        Assert.Equal(Cart, _bench.Published[1].Answered);
        _bench.Tell("node-a", AtWeb(State.Established) with { Last = Opened + (2 * UnixTime.Second), BytesToServer = 9 });
        _bench.Pass(5);

        Assert.Equal([Verdict.Dropped, Verdict.Forwarded], _bench.Published.Select(f => f.Decision.Verdict));
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 0UL), (edge.Forwarded, edge.Dropped));
        Assert.Empty(edge.Drops);
    }

    [Fact]
    public void A_drop_within_an_established_connection_fails_nothing()
    {
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established), Drop(Cart));
        Assert.Equal(Verdict.Forwarded, _bench.Only.Decision.Verdict);
        Assert.Equal((1UL, 0UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
    }

    [Fact]
    public void A_better_cause_that_comes_late_changes_the_edge_but_is_not_published_again()
    {
        _bench.Tell("node-a", AtWeb(State.Opening).Failed(DropReason.Timeout));
        _bench.Tell("node-b", Drop(Cart));
        Assert.Equal(DropReason.Timeout, _bench.Only.Decision.Reason);
        Assert.Equal(DropReason.Policy, Assert.Single(Assert.Single(_bench.Edges).Drops).Reason);
    }

    [Fact]
    public void An_answered_conversation_is_forwarded()
    {
        _bench.Tell("node-a", AskDns(State.Established));
        _bench.Tell("node-b", AtDns(State.Established));
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, false), Outcome);
        Assert.Equal((DnsService, Dns), (_bench.Only.Asked, _bench.Only.Answered));
    }

    [Fact]
    public void One_way_traffic_delivered_to_a_pod_is_forwarded()
    {
        _bench.Tell("node-a", AskDns(State.OneWay));
        Assert.Empty(_bench.Published);
        _bench.Tell("node-b", AtDns(State.OneWay));
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, false), Outcome);
    }

    [Fact]
    public void One_way_traffic_that_nobody_saw_arrive_is_forwarded_by_guess_after_a_wait()
    {
        _bench.Tell("node-a", AskDns(State.OneWay));
        _bench.Pass(1.9);
        Assert.Empty(_bench.Published);
        _bench.Pass(0.2);
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, true), Outcome);
    }

    [Fact]
    public void One_way_traffic_to_the_outside_is_forwarded_by_guess_at_once()
    {
        _bench.Tell("node-a", AskDns(State.OneWay) with { Server = Outside });
        Assert.Equal((Verdict.Forwarded, DropReason.Unspecified, null, true), Outcome);
    }

    [Fact]
    public void An_answer_takes_the_guess_from_the_edge()
    {
        _bench.Tell("node-a", AskDns(State.OneWay) with { Server = Outside });
        Assert.True(Assert.Single(_bench.Edges).Guessed);
        _bench.Tell("node-a", AskDns(State.Established) with { Server = Outside, BytesToClient = 5 });
        Assert.Single(_bench.Published);
        Assert.False(Assert.Single(_bench.Edges).Guessed);
    }

    [Fact]
    public void A_datagram_to_a_closed_port_is_dropped()
    {
        _bench.Tell("node-b", AtDns(State.Opening).Failed(DropReason.Unreachable));
        _bench.Tell("node-a", AskDns(State.Opening).Failed(DropReason.Unreachable));
        Assert.Equal((Verdict.Dropped, DropReason.Unreachable, null, false), Outcome);
    }

    [Fact]
    public void An_error_after_an_answer_does_not_undo_the_flow()
    {
        _bench.Tell("node-a", AskDns(State.Established) with { Server = Outside });
        _bench.Tell("node-a", AskDns(State.Opening).Failed(DropReason.Unreachable) with { Server = Outside, BytesToServer = 50 });
        Assert.Single(_bench.Published);
        Assert.Equal((1UL, 0UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].Dropped));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_that_a_policy_cuts_off_is_told_as_that_as_well(bool byService)
    {
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established));
        Assert.Equal(Verdict.Forwarded, _bench.Only.Decision.Verdict);
        Sighting cut = Drop(Cart) with { InitialSequence = null, Opened = Opened + (60 * UnixTime.Second), Last = Opened + (62 * UnixTime.Second) };
        _bench.Tell("node-b", byService ? cut with { Original = (Web, CartService) } : cut);
        Assert.Equal(2, _bench.Published.Count);
        Assert.Equal((Verdict.Dropped, DropReason.Policy, "NETFILTER_DROP"), (_bench.Published[1].Decision.Verdict, _bench.Published[1].Decision.Reason, _bench.Published[1].Decision.Detail));
        Assert.Equal((0UL, 1UL), (Assert.Single(_bench.Edges).Forwarded, _bench.Edges[0].Dropped));
    }
}
