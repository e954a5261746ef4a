using Depmap.Relay.Flows;
using Depmap.Relay.Joining;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Joining.Sightings;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;
using HostConnection = Depmap.Relay.Names.HostConnection;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>Which sightings are one flow.</summary>
public class JoiningTests
{
    private readonly JoinerBench _bench = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_to_a_service_is_one_flow_with_the_service_and_the_pod_that_answered(bool clientFirst)
    {
        if (clientFirst)
            _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established));
        if (!clientFirst)
            _bench.Tell("node-a", AtWeb(State.Established));

        NamedFlow flow = _bench.Only;
        Assert.Equal(Verdict.Forwarded, flow.Decision.Verdict);
        Assert.Equal((Web, CartService, Cart), (flow.Source, flow.Asked, flow.Answered));
        Assert.Equal("cart", flow.Service?.Name);
        Assert.Equal(("web-5d8f-x2x", "Deployment/web"), (flow.SourceOwner?.Pod, flow.SourceOwner?.Workload));
        Assert.Equal(("cart-7c9-q1z", "Deployment/cart"), (flow.DestinationOwner?.Pod, flow.DestinationOwner?.Workload));
        Assert.Equal(("node-a", 180_000UL, Opened, false), (flow.Node, flow.HandshakeNs, flow.Time, flow.Guessed));
    }

    [Fact]
    public void A_sequence_number_joins_though_no_name_is_known()
    {
        _bench.Names = ClusterNames.Empty;
        _bench.Tell("node-b", AtCart(State.Opening));
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Pass(3.3);
        Assert.Equal(Cart, _bench.Only.Answered);
    }

    [Fact]
    public void A_client_with_an_address_of_the_node_s_own_is_that_node()
    {
        AddressPort gateway = End("10.244.2.1", 50001); // in no object
        _bench.Tell("node-b", AtCart(State.Established) with { Client = gateway, ClientIsNode = true });
        _bench.Pass(1);
        Assert.Equal(new Owner("node-b"), _bench.Only.SourceOwner);
    }

    [Theory]
    [InlineData(false, "exporter-a")]
    [InlineData(true, "exporter-a")]
    [InlineData(null, null)]
    public void A_client_on_its_node_s_network_is_the_pod_that_its_agent_tells_of(bool? late, string? pod)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods.Add(Pod("exporter-a", "node-a", NodeA, "exporter") with { HostNetwork = true });
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        var told = new HostConnection("exporter-a", NodeA.Port, Cart, NodeA.Port, CartService, Opened);
        if (late == false)
            _bench.Hosts.Add("node-a", told);
        _bench.Tell("node-b", AtCart(State.Established) with { Client = NodeA });
        _bench.Pass(0.4);
        Assert.Empty(_bench.Published);
        if (late == true)
            _bench.Hosts.Add("node-a", told);
        _bench.Pass(0.2);

        NamedFlow flow = _bench.Only;
        Assert.Equal((pod, "node-a"), (flow.SourceOwner?.Pod, flow.SourceOwner?.Node));
        // By the service that it asked for, though its packet was translated before anybody saw it.
        Assert.Equal(pod is null ? (Cart, null) : (CartService, Cart), (flow.Asked, flow.Answered));
        // Long after, when nobody remembers how it began, it still is the same client.
        for (int i = 0; i < 20_000; i++)
            _bench.Hosts.Add("node-a", told with { ClientPort = 1, SocketPort = 1, Time = i });
        _bench.Tell("node-b", AtCart(State.Established) with { Client = NodeA, BytesToServer = 5 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((pod is null ? "" : "Deployment/exporter", 5ul), (edge.Source.Workload, edge.BytesToServer));
    }

    [Fact]
    public void A_pod_that_reaches_a_server_by_its_node_s_address_stays_the_client()
    {
        // Masqueraded on the way: what the client's own interface saw names it.
        AddressPort gateway = End("10.244.2.1", 50001);
        _bench.Tell("node-b", AtCart(State.Established) with { Client = gateway, ClientIsNode = true });
        _bench.Tell("node-a", AtWeb(State.Established));
        Assert.Equal("web-5d8f-x2x", _bench.Only.SourceOwner?.Pod);
    }

    [Fact]
    public void Different_sequence_numbers_are_never_joined()
    {
        _bench.Tell("node-a", AtWeb(State.Established, 77));
        _bench.Tell("node-b", AtCart(State.Established, 78));
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_sighting_without_a_sequence_number_ties_no_two_different_ones()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null));
        _bench.Tell("node-b", AtCart(State.Established, 77));
        _bench.Tell("node-a", Drop(CartService) with { InitialSequence = 78 });
        _bench.Pass(3);
        Assert.Equal([Verdict.Forwarded, Verdict.Dropped], _bench.Published.Select(f => f.Decision.Verdict));
    }

    [Fact]
    public void The_same_sequence_number_much_later_is_another_connection()
    {
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established) with { Opened = Opened + (6 * UnixTime.Second) });
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void Without_a_sequence_number_one_behind_the_service_is_joined()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null));
        _bench.Tell("node-b", AtCart(State.Established, null));
        Assert.Equal((CartService, Cart), (_bench.Only.Asked, _bench.Only.Answered));
    }

    [Fact]
    public void Who_serves_by_the_objects_is_no_guess()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null));
        _bench.Pass(3);
        Assert.False(_bench.Only.Guessed);
    }

    [Fact]
    public void Who_serves_by_the_objects_says_more_than_a_guess_by_the_ports()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null).Reversed() with { BytesToServer = 5, BytesToClient = 7 });
        _bench.Pass(3);
        Assert.Equal((Web, CartService, false), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Guessed));
        Assert.Equal((7UL, 5UL), (_bench.Only.BytesToServer, _bench.Only.BytesToClient));
    }

    [Fact]
    public void A_guess_that_no_object_tells_better_says_so()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null) with { Server = Outside });
        Assert.True(_bench.Only.Guessed);
    }

    [Fact]
    public void A_flow_keeps_its_names_when_what_they_came_from_is_long_gone()
    {
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established));
        _bench.Names = ClusterNames.Empty;
        _bench.Tell("node-a", AtWeb(State.Established) with { BytesToServer = 500 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal(("Deployment/web", "cart", "Deployment/cart"), (edge.Source.Workload, edge.Destination.Service, edge.Destination.Workload));
        Assert.Equal(500UL, edge.BytesToServer);
    }

    [Fact]
    public void A_side_that_saw_the_opening_settles_who_opened_it()
    {
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Tell("node-b", AtCart(State.Established, null));
        Assert.False(_bench.Only.Guessed);
    }

    [Fact]
    public void A_pod_not_yet_in_the_slices_is_joined_when_it_is_the_only_one_and_close_in_time()
    {
        Sighting elsewhere = AtDns(State.Established) with { Server = OtherCart };
        _bench.Tell("node-a", AskDns(State.Established));
        _bench.Tell("node-b", elsewhere);
        _bench.Pass(3.3);
        Assert.Equal(OtherCart, _bench.Only.Answered);
    }

    [Fact]
    public void A_pod_not_in_the_slices_is_not_joined_when_it_opened_a_while_later()
    {
        _bench.Tell("node-a", AskDns(State.Established));
        _bench.Tell("node-b", AtDns(State.Established) with { Server = OtherCart, Opened = Opened + (2 * UnixTime.Second) });
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_pod_not_in_the_slices_is_not_joined_when_there_are_two_such()
    {
        _bench.Tell("node-b", AtDns(State.Established) with { Server = OtherCart });
        _bench.Tell("node-b", AtDns(State.Established) with { Id = 6, Server = Cart });
        _bench.Tell("node-a", AskDns(State.Established));
        _bench.Pass(3);
        Assert.Equal(3, _bench.Published.Count);
    }

    [Fact]
    public void Pod_to_pod_is_joined_by_both_ends()
    {
        _bench.Tell("node-a", AskDns(State.Established) with { Server = Dns });
        _bench.Tell("node-b", AtDns(State.Established));
        Assert.Equal((Dns, null), (_bench.Only.Asked, _bench.Only.Answered));
        Assert.Equal("kube-dns", _bench.Only.Service?.Name); // the only one that has this pod and port
    }

    [Fact]
    public void The_closest_opening_wins()
    {
        Sighting early = AskDns(State.Established) with { Server = Dns, Opened = Opened - (4 * UnixTime.Second) };
        Sighting late = AskDns(State.Established) with { Id = 14, Server = Dns, BytesToServer = 5 };
        _bench.Tell("node-a", early, late);
        _bench.Tell("node-b", AtDns(State.Established));
        Assert.Equal(5UL, _bench.Only.BytesToServer);
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_masqueraded_connection_is_joined_by_its_sequence_number()
    {
        _bench.Tell("node-b", AtCart(State.Established) with { Client = NodeA });
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Pass(3);
        Assert.Equal((Web, CartService, Cart), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Answered));
    }

    [Fact]
    public void The_same_sequence_number_from_another_pod_is_another_connection()
    {
        _bench.Tell("node-b", AtCart(State.Established) with { Client = Faraway });
        _bench.Tell("node-a", AtWeb(State.Established));
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_client_on_the_node_itself_is_shown_by_the_nodes_name()
    {
        _bench.Tell("node-b", AtCart(State.Established) with { Client = NodeA });
        Assert.Empty(_bench.Published);
        _bench.Pass(0.6);
        Assert.Equal(("node-a", null, Cart), (_bench.Only.SourceOwner?.Node, _bench.Only.SourceOwner?.Pod, _bench.Only.Asked));
    }

    [Fact]
    public void A_reused_port_starts_a_new_connection()
    {
        _bench.Tell("node-a", AtWeb(State.Established, 77) with { Ended = true });
        _bench.Tell("node-b", AtCart(State.Established, 77) with { Ended = true });
        _bench.Tell("node-a", AtWeb(State.Established, 78) with { Id = 11, Opened = Opened + UnixTime.Second, Last = Opened + UnixTime.Second });
        _bench.Tell("node-b", AtCart(State.Established, 78) with { Id = 12, Opened = Opened + UnixTime.Second, Last = Opened + UnixTime.Second });
        Assert.Equal(2, _bench.Published.Count);
        Assert.All(_bench.Published, flow => Assert.Equal(Cart, flow.Answered));
        Assert.Equal(2UL, Assert.Single(_bench.Edges).Forwarded);
    }

    [Fact]
    public void A_batch_sent_again_counts_once()
    {
        Sighting sighting = AtWeb(State.Established) with { Server = Outside };
        _bench.TellAgain("node-a", 1, 1, sighting);
        _bench.TellAgain("node-a", 1, 1, sighting with { Id = 99 });
        _bench.TellAgain("node-a", 1, 2, sighting with { BytesToServer = 10 });
        Assert.Single(_bench.Published);
        Assert.Equal((1UL, 10UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].BytesToServer));
    }

    [Fact]
    public void Totals_that_are_older_than_those_held_change_nothing()
    {
        Sighting sighting = AtWeb(State.Established) with { Server = Outside };
        _bench.Tell("node-a", sighting with { BytesToServer = 10, Last = Opened + 5 });
        _bench.Tell("node-a", sighting with { State = State.Opening, BytesToServer = 4, Last = Opened + 2 });
        Assert.Equal(10UL, Assert.Single(_bench.Edges).BytesToServer);
    }

    [Fact]
    public void A_restarted_agent_goes_on_with_the_connection()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { BytesToServer = 100 });
        _bench.Tell("node-b", AtCart(State.Established));
        _bench.Disconnect("node-a");
        _bench.Pass(60);
        _bench.Connect("node-a", epoch: 2);
        _bench.TellAs("node-a", 2, AtWeb(State.Established, null) with { Id = 1, Opened = _bench.Now, Last = _bench.Now, BytesToServer = 30 });
        _bench.Pass(3);

        Assert.Equal(Opened, _bench.Only.Time);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 130UL, false), (edge.Forwarded, edge.BytesToServer, edge.Guessed));
        Assert.Equal(180_000UL, edge.HandshakeMeanNs);
    }

    [Fact]
    public void A_restarted_agent_that_guesses_the_client_wrong_is_set_right()
    {
        _bench.Tell("node-a", AtWeb(State.Established) with { BytesToServer = 100, BytesToClient = 1000 });
        _bench.Tell("node-b", AtCart(State.Established));
        Sighting reversed = AtCart(State.Established, null) with { Id = 9, Side = Side.Client, Client = Cart, Server = Web };
        _bench.TellAs("node-b", 2, reversed with { Opened = Opened + UnixTime.Minute, Last = Opened + UnixTime.Minute });
        _bench.TellAs("node-b", 2, reversed with { Last = Opened + (2 * UnixTime.Minute), BytesToServer = 7 });
        _bench.Pass(3);
        Assert.Equal(Web, _bench.Only.Source);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 100UL, 1000UL), (edge.Forwarded, edge.BytesToServer, edge.BytesToClient));
    }

    [Fact]
    public void A_restarted_agent_that_sees_a_new_opening_sees_a_new_connection()
    {
        _bench.Tell("node-a", AtWeb(State.Established, 77) with { Server = Outside });
        _bench.TellAs("node-a", 2, AtWeb(State.Established, 78) with { Server = Outside, Opened = Opened + UnixTime.Minute });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_restarted_agent_that_sees_an_opening_does_not_go_on_with_a_connection_whose_opening_nobody_saw()
    {
        _bench.Tell("node-a", AtWeb(State.Established, null) with { Server = Outside });
        _bench.TellAs("node-a", 2, AtWeb(State.Established, 78) with { Server = Outside });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void The_same_side_seen_on_two_nodes_is_two_flows()
    {
        _bench.Tell("node-a", AskDns(State.Established) with { Server = Outside });
        _bench.TellAs("node-b", 2, AskDns(State.Established) with { Server = Outside });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_partner_told_after_the_wait_completes_the_edge_and_is_not_published_again()
    {
        _bench.Tell("node-b", AtCart(State.Established) with { BytesToServer = 5 });
        _bench.Pass(2.1);
        Assert.Equal(8080U, Assert.Single(_bench.Edges).Destination.Port);
        _bench.Tell("node-a", AtWeb(State.Established) with { BytesToServer = 7 });
        _bench.Pass(3);

        Assert.Single(_bench.Published);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal(("cart", "Deployment/cart", 80U), (edge.Destination.Service, edge.Destination.Workload, edge.Destination.Port));
        Assert.Equal((1UL, 7UL, 180_000UL), (edge.Forwarded, edge.BytesToServer, edge.HandshakeMeanNs));
    }

    [Fact]
    public void Drops_on_two_nodes_of_one_connection_are_one_flow()
    {
        _bench.Tell("node-a", Drop(Cart));
        _bench.Tell("node-b", Drop(Cart));
        _bench.Pass(3);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Dropped);
        Assert.Single(_bench.Published);
    }

    public static TheoryData<bool, bool> Orders => new() { { true, false }, { false, false }, { true, true }, { false, true } };

    /// <summary>Nothing in the packets ties a masqueraded UDP conversation together: the connection tracker's word does.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_masqueraded_conversation_is_joined_by_what_became_of_its_ends(bool clientFirst, bool twice)
    {
        AddressPort middle = NodeA with { Port = 777 }, other = End("172.30.7.12", 30053);
        Sighting asks = AskDns(State.Established) with { Translated = (middle, twice ? other : Dns) };
        Sighting hears = twice
            ? AtDns(State.Established) with { Client = End("172.30.7.12", 888), Original = (middle, other) }
            : AtDns(State.Established) with { Client = middle };
        if (clientFirst)
            _bench.Tell("node-a", asks);
        _bench.Tell("node-b", hears);
        if (!clientFirst)
            _bench.Tell("node-a", asks);
        _bench.Pass(3);
        Assert.Equal((asks.Client, DnsService, Dns), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Answered!.Value));
    }

    [Fact]
    public void Who_stands_behind_a_node_s_address_is_the_client()
    {
        AddressPort asked = NodeA with { Port = 30080 };
        _bench.Tell("node-b", AtCart(State.Established) with { Client = NodeA, Original = (Outside, asked) });
        _bench.Pass(1);
        Assert.Equal((Outside, asked, Cart), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Answered!.Value));
        Assert.Null(_bench.Only.SourceOwner);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_from_another_address_is_no_flow_of_its_own(bool byService)
    {
        AddressPort elsewhere = End("10.244.2.99", byService ? 5353 : 53);
        if (byService)
            _bench.Names = ServedOn5353();
        Sighting answer = AskDns(State.Opening) with { Id = 90, Side = Side.Server, Client = elsewhere, Server = AskDns(State.Opening).Client, Opened = Opened + 1000 };
        _bench.Tell("node-a", AskDns(State.Opening), answer);
        _bench.Tell("node-b", answer with { Id = 91, Side = Side.Client });
        _bench.Pass(3);
        Assert.Equal((DnsService, Verdict.Forwarded, false), (_bench.Only.Asked, _bench.Only.Decision.Verdict, _bench.Only.Guessed));
        Assert.Equal("kube-dns", Assert.Single(_bench.Edges).Destination.Service);
    }

    [Fact]
    public void A_question_to_a_port_that_others_are_asked_from_is_a_flow()
    {
        _bench.Tell("node-a", AskDns(State.Established));
        AddressPort asker = AskDns(State.Established).Client;
        _bench.Tell("node-a", AskDns(State.Established) with { Id = 90, Side = Side.Server, Client = Cart, Server = asker });
        _bench.Pass(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    /// <summary>RFC 9293 3.5: both ends send a SYN, and each one's interface takes its own pod for the client.</summary>
    [Fact]
    public void A_connection_that_both_ends_opened_is_one_and_says_that_it_was_guessed()
    {
        AddressPort peer = Cart with { Port = 9999 };
        _bench.Tell("node-a", AtWeb(State.Established) with { Server = peer, HandshakeNs = 0 });
        _bench.Tell("node-b", AtWeb(State.Established, 555) with { Client = peer, Server = Web, HandshakeNs = 0 });
        _bench.Pass(3);
        Assert.Equal((Web, peer, true), (_bench.Only.Source, _bench.Only.Asked, _bench.Only.Guessed));
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
    }

    private static ClusterNames ServedOn5353()
    {
        ClusterObjects objects = CreateObjects();
        objects.Slices[1] = Slice("kube-system", "kube-dns", Dns with { Port = 5353 }, "dns", Protocol.Udp);
        return ClusterNames.Empty.With(objects, 0);
    }
}
