using Depmap.Relay.Flows;
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
            _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        if (!clientFirst)
            _bench.Report("node-a", AtWeb(State.Established));

        NamedFlow flow = _bench.SinglePublished;
        Assert.Equal(Verdict.Forwarded, flow.Decision.Verdict);
        Assert.Equal((Web, CartService, Cart), (flow.Source, flow.Destination, flow.Backend));
        Assert.Equal("cart", flow.Service?.Name);
        Assert.Equal(("web-5d8f-x2x", "Deployment/web"), (flow.SourceOwner?.Pod, flow.SourceOwner?.Workload));
        Assert.Equal(("cart-7c9-q1z", "Deployment/cart"), (flow.DestinationOwner?.Pod, flow.DestinationOwner?.Workload));
        Assert.Equal(("node-a", 180_000UL, Opened, false), (flow.Node, flow.HandshakeNs, flow.Time, flow.Guessed));
    }

    [Fact]
    public void Sightings_with_the_same_sequence_number_are_joined_without_names()
    {
        _bench.Names = ClusterNames.Empty;
        _bench.Report("node-b", AtCart(State.Opening));
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Advance(3.3);
        Assert.Equal(Cart, _bench.SinglePublished.Backend);
    }

    [Fact]
    public void A_client_with_an_address_of_the_node_is_shown_as_the_node()
    {
        AddressPort gateway = ParseEndpoint("10.244.2.1", 50001); // in no object
        _bench.Report("node-b", AtCart(State.Established) with { Client = gateway, ClientIsNode = true });
        _bench.Advance(1);
        Assert.Equal(new Owner("node-b"), _bench.SinglePublished.SourceOwner);
    }

    [Theory]
    [InlineData(false, "exporter-a")]
    [InlineData(true, "exporter-a")]
    [InlineData(null, null)]
    public void A_host_network_client_is_the_pod_that_its_agent_reports(bool? late, string? pod)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods.Add(Pod("exporter-a", "node-a", NodeA, "exporter") with { HostNetwork = true });
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        var connection = new HostConnection("exporter-a", NodeA.Port, Cart, NodeA.Port, CartService, Opened);
        if (late == false)
            _bench.Hosts.Add("node-a", connection);
        _bench.Report("node-b", AtCart(State.Established) with { Client = NodeA });
        _bench.Advance(0.4);
        Assert.Empty(_bench.Published);
        if (late == true)
            _bench.Hosts.Add("node-a", connection);
        _bench.Advance(0.2);

        NamedFlow flow = _bench.SinglePublished;
        Assert.Equal((pod, "node-a"), (flow.SourceOwner?.Pod, flow.SourceOwner?.Node));
        // With the requested service, although the packet was translated before it was observed.
        Assert.Equal(pod is null ? (Cart, null) : (CartService, Cart), (flow.Destination, flow.Backend));
        // The client stays the same after the host connection has been evicted.
        for (int i = 0; i < 20_000; i++)
            _bench.Hosts.Add("node-a", connection with { ClientPort = 1, OriginalClientPort = 1, Time = i });
        _bench.Report("node-b", AtCart(State.Established) with { Client = NodeA, BytesToServer = 5 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((pod is null ? "" : "Deployment/exporter", 5ul), (edge.Source.Workload, edge.BytesToServer));
    }

    [Theory]
    [InlineData(Protocol.Tcp, false)]
    [InlineData(Protocol.Udp, false)]
    [InlineData(Protocol.Udp, true)]
    public void A_host_port_and_its_pod_are_one_flow(Protocol protocol, bool masqueraded)
    {
        ClusterObjects objects = CreateObjects();
        AddressPort hostPort = ParseEndpoint("172.30.7.12", 8125);
        objects.Pods[1] = objects.Pods[1] with { HostPorts = [new HostPort(protocol, hostPort.Port)] };
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        _bench.Report("node-a", AtWeb(State.Established) with
        {
            Protocol = protocol,
            InitialSequence = null,
            Server = hostPort,
            Translated = masqueraded ? (NodeA, hostPort) : null,
        });
        Assert.Empty(_bench.Published); // the pod's side is expected
        AddressPort client = masqueraded ? NodeA : Web;
        _bench.Report("node-b", AtCart(State.Established) with { Protocol = protocol, InitialSequence = null, Client = client });
        NamedFlow flow = _bench.SinglePublished;
        Assert.Equal((hostPort, Cart, "Deployment/cart"), (flow.Destination, flow.Backend, flow.DestinationOwner?.Workload));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Which_service_a_pods_address_stood_for_is_decided_when_the_flow_opens(bool leaves)
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        ClusterNames with = CreateNames();
        _bench.Names = leaves ? with : ClusterNames.Empty.With(without, 0);
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Report("node-a", AtWeb(State.Established) with { Server = Cart });
        string service = leaves ? "cart" : "";
        Assert.Equal(service, _bench.SinglePublished.Service?.Name ?? "");
        _bench.Names = leaves ? with.With(without, _bench.Now) : with;
        _bench.Report("node-a", AtWeb(State.Established) with { Server = Cart, BytesToServer = 5 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((service, 5ul), (edge.Destination.Service, edge.BytesToServer));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whether_the_client_was_guessed_is_decided_when_the_flow_opens(bool leaves)
    {
        ClusterObjects without = CreateObjects();
        without.Slices.RemoveAt(0);
        ClusterNames with = CreateNames();
        _bench.Names = leaves ? with : ClusterNames.Empty.With(without, 0);
        _bench.Report("node-b", AtCart(State.Established, null));
        _bench.Advance(3);
        Assert.Equal(!leaves, _bench.SinglePublished.Guessed);
        _bench.Names = leaves ? with.With(without, _bench.Now) : with;
        _bench.Report("node-b", AtCart(State.Established, null) with { BytesToServer = 5 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((!leaves, 5ul), (edge.Guessed, edge.BytesToServer));
    }

    [Fact]
    public void A_masqueraded_pod_is_still_the_client()
    {
        // The connection was masqueraded: the sighting at the client's interface identifies the client.
        AddressPort gateway = ParseEndpoint("10.244.2.1", 50001);
        _bench.Report("node-b", AtCart(State.Established) with { Client = gateway, ClientIsNode = true });
        _bench.Report("node-a", AtWeb(State.Established));
        Assert.Equal("web-5d8f-x2x", _bench.SinglePublished.SourceOwner?.Pod);
    }

    [Fact]
    public void Different_sequence_numbers_are_never_joined()
    {
        _bench.Report("node-a", AtWeb(State.Established, 77));
        _bench.Report("node-b", AtCart(State.Established, 78));
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_sighting_without_a_sequence_number_does_not_join_two_with_different_ones()
    {
        _bench.Report("node-a", AtWeb(State.Established, null));
        _bench.Report("node-b", AtCart(State.Established, 77));
        _bench.Report("node-a", Drop(CartService) with { InitialSequence = 78 });
        _bench.Advance(3);
        Assert.Equal([Verdict.Forwarded, Verdict.Dropped], _bench.Published.Select(f => f.Decision.Verdict));
    }

    [Fact]
    public void The_same_sequence_number_much_later_is_another_connection()
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established) with { Opened = Opened + (131 * UnixTime.Second) });
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    public void A_SYN_that_is_dropped_and_then_let_through_is_one_flow(int seconds)
    {
        _bench.Report("node-a", AtWeb(State.Opening), Drop(CartService));
        _bench.Advance(seconds);
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established) with { Opened = Opened + (seconds * UnixTime.Second) });
        _bench.Advance(3);
        Assert.Equal([Verdict.Dropped, Verdict.Forwarded], _bench.Published.Select(flow => flow.Decision.Verdict));
        Assert.Single(_bench.Published.Select(flow => flow.Id).Distinct());
        V1.Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 0UL, 0), (edge.Forwarded, edge.Dropped, edge.Drops.Count));
    }

    [Fact]
    public void A_SYN_of_a_client_outside_that_is_dropped_and_then_let_through_is_one_flow()
    {
        _bench.Report("node-b", Drop(Cart) with { Client = External });
        _bench.Advance(31);
        long later = Opened + (31 * UnixTime.Second);
        _bench.Report("node-b", AtCart(State.Established) with { Client = External, Opened = later, LastSeen = later });
        _bench.Advance(3);
        Assert.Equal([Verdict.Dropped, Verdict.Forwarded], _bench.Published.Select(flow => flow.Decision.Verdict));
        Assert.Single(_bench.Published.Select(flow => flow.Id).Distinct());
    }

    [Fact]
    public void Different_flows_have_different_ids()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { Server = External });
        NamedFlow first = _bench.SinglePublished;
        _bench.RestartRelay();
        _bench.Report("node-a", AtWeb(State.Established, 78) with { Id = 9, Client = Web with { Port = 1 }, Server = External });
        _bench.Report("node-a", AtWeb(State.Established, 79) with { Id = 10, Client = Web with { Port = 2 }, Server = External });
        Assert.Equal(2, _bench.Published.Select(flow => flow.Id).Distinct().Count());
        Assert.DoesNotContain(first.Id, _bench.Published.Select(flow => flow.Id));
    }

    [Fact]
    public void Without_a_sequence_number_a_backend_of_the_service_is_joined()
    {
        _bench.Report("node-a", AtWeb(State.Established, null));
        _bench.Report("node-b", AtCart(State.Established, null));
        Assert.Equal((CartService, Cart), (_bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Fact]
    public void A_server_known_from_objects_is_not_guessed()
    {
        _bench.Report("node-a", AtWeb(State.Established, null));
        _bench.Advance(3);
        Assert.False(_bench.SinglePublished.Guessed);
    }

    [Fact]
    public void A_server_known_from_objects_overrides_a_guess_by_port_numbers()
    {
        _bench.Report("node-a", AtWeb(State.Established, null).Reversed() with { BytesToServer = 5, BytesToClient = 7 });
        _bench.Advance(3);
        Assert.Equal(
            (Web, CartService, false), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Guessed));
        Assert.Equal((7UL, 5UL), (_bench.SinglePublished.BytesToServer, _bench.SinglePublished.BytesToClient));
    }

    [Fact]
    public void A_guess_that_no_object_confirms_is_marked_as_guessed()
    {
        _bench.Report("node-a", AtWeb(State.Established, null) with { Server = External });
        Assert.True(_bench.SinglePublished.Guessed);
    }

    [Fact]
    public void A_flow_keeps_its_names_after_its_objects_are_deleted()
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Names = ClusterNames.Empty;
        _bench.Report("node-a", AtWeb(State.Established) with { BytesToServer = 500 });
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal(
            ("Deployment/web", "cart", "Deployment/cart"), (edge.Source.Workload, edge.Destination.Service, edge.Destination.Workload));
        Assert.Equal(500UL, edge.BytesToServer);
    }

    [Fact]
    public void A_side_that_saw_the_opening_determines_the_client()
    {
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established, null));
        Assert.False(_bench.SinglePublished.Guessed);
    }

    [Fact]
    public void A_pod_missing_in_the_slices_is_joined_if_it_is_the_only_candidate_and_close_in_time()
    {
        Sighting elsewhere = AtDns(State.Established) with { Server = OtherCart };
        _bench.Report("node-a", DnsAtWeb(State.Established));
        _bench.Report("node-b", elsewhere);
        _bench.Advance(3.3);
        Assert.Equal(OtherCart, _bench.SinglePublished.Backend);
    }

    [Fact]
    public void A_pod_missing_in_the_slices_is_not_joined_if_it_opened_much_later()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established));
        _bench.Report("node-b", AtDns(State.Established) with { Server = OtherCart, Opened = Opened + (2 * UnixTime.Second) });
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_pod_missing_in_the_slices_is_not_joined_if_there_are_two_candidates()
    {
        _bench.Report("node-b", AtDns(State.Established) with { Server = OtherCart });
        _bench.Report("node-b", AtDns(State.Established) with { Id = 6, Server = Cart });
        _bench.Report("node-a", DnsAtWeb(State.Established));
        _bench.Advance(3);
        Assert.Equal(3, _bench.Published.Count);
    }

    [Fact]
    public void Pod_to_pod_traffic_is_joined_by_both_endpoints()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = Dns });
        _bench.Report("node-b", AtDns(State.Established));
        Assert.Equal((Dns, null), (_bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
        Assert.Equal("kube-dns", _bench.SinglePublished.Service?.Name); // the only service with this backend
    }

    [Fact]
    public void The_closest_opening_wins()
    {
        Sighting early = DnsAtWeb(State.Established) with { Server = Dns, Opened = Opened - (4 * UnixTime.Second) };
        Sighting late = DnsAtWeb(State.Established) with { Id = 14, Server = Dns, BytesToServer = 5 };
        _bench.Report("node-a", early, late);
        _bench.Report("node-b", AtDns(State.Established));
        Assert.Equal(5UL, _bench.SinglePublished.BytesToServer);
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_masqueraded_connection_is_joined_by_its_sequence_number()
    {
        _bench.Report("node-b", AtCart(State.Established) with { Client = NodeA });
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Advance(3);
        Assert.Equal(
            (Web, CartService, Cart), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Backend));
    }

    [Fact]
    public void The_same_sequence_number_from_another_pod_is_another_connection()
    {
        _bench.Report("node-b", AtCart(State.Established) with { Client = PodOnNodeC });
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_client_on_the_node_itself_is_shown_as_the_node()
    {
        _bench.Report("node-b", AtCart(State.Established) with { Client = NodeA });
        Assert.Empty(_bench.Published);
        _bench.Advance(0.6);
        Assert.Equal(
            ("node-a", null, Cart),
            (_bench.SinglePublished.SourceOwner?.Node, _bench.SinglePublished.SourceOwner?.Pod, _bench.SinglePublished.Destination));
    }

    [Fact]
    public void A_reused_port_starts_a_new_connection()
    {
        _bench.Report("node-a", AtWeb(State.Established, 77) with { Ended = true });
        _bench.Report("node-b", AtCart(State.Established, 77) with { Ended = true });
        _bench.Report(
            "node-a",
            AtWeb(State.Established, 78) with { Id = 11, Opened = Opened + UnixTime.Second, LastSeen = Opened + UnixTime.Second });
        _bench.Report(
            "node-b",
            AtCart(State.Established, 78) with { Id = 12, Opened = Opened + UnixTime.Second, LastSeen = Opened + UnixTime.Second });
        Assert.Equal(2, _bench.Published.Count);
        Assert.All(_bench.Published, flow => Assert.Equal(Cart, flow.Backend));
        Assert.Equal(2UL, Assert.Single(_bench.Edges).Forwarded);
    }

    [Fact]
    public void A_batch_sent_again_counts_once()
    {
        Sighting sighting = AtWeb(State.Established) with { Server = External };
        _bench.ReportBatch("node-a", 1, 1, sighting);
        _bench.ReportBatch("node-a", 1, 1, sighting with { Id = 99 });
        _bench.ReportBatch("node-a", 1, 2, sighting with { BytesToServer = 10 });
        Assert.Single(_bench.Published);
        Assert.Equal((1UL, 10UL), (_bench.Edges[0].Forwarded, _bench.Edges[0].BytesToServer));
    }

    [Fact]
    public void Totals_older_than_the_current_ones_are_ignored()
    {
        Sighting sighting = AtWeb(State.Established) with { Server = External };
        _bench.Report("node-a", sighting with { BytesToServer = 10, LastSeen = Opened + 5 });
        _bench.Report("node-a", sighting with { State = State.Opening, BytesToServer = 4, LastSeen = Opened + 2 });
        Assert.Equal(10UL, Assert.Single(_bench.Edges).BytesToServer);
    }

    [Fact]
    public void A_restarted_agent_continues_the_connection()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { BytesToServer = 100 });
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Disconnect("node-a");
        _bench.Advance(60);
        _bench.Connect("node-a", epoch: 2);
        _bench.ReportAs(
            "node-a", 2, AtWeb(State.Established, null) with { Id = 1, Opened = _bench.Now, LastSeen = _bench.Now, BytesToServer = 30 });
        _bench.Advance(3);

        Assert.Equal(Opened, _bench.SinglePublished.Time);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 130UL, false), (edge.Forwarded, edge.BytesToServer, edge.Guessed));
        Assert.Equal(180_000UL, edge.HandshakeMeanNs);
    }

    [Fact]
    public void A_restarted_agent_that_guesses_the_wrong_client_is_corrected()
    {
        _bench.Report("node-a", AtWeb(State.Established) with { BytesToServer = 100, BytesToClient = 1000 });
        _bench.Report("node-b", AtCart(State.Established));
        Sighting reversed = AtCart(State.Established, null) with { Id = 9, Side = Side.Client, Client = Cart, Server = Web };
        _bench.ReportAs("node-b", 2, reversed with { Opened = Opened + UnixTime.Minute, LastSeen = Opened + UnixTime.Minute });
        _bench.ReportAs("node-b", 2, reversed with { LastSeen = Opened + (2 * UnixTime.Minute), BytesToServer = 7 });
        _bench.Advance(3);
        Assert.Equal(Web, _bench.SinglePublished.Source);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 100UL, 1000UL), (edge.Forwarded, edge.BytesToServer, edge.BytesToClient));
    }

    [Fact]
    public void A_restarted_agent_that_sees_a_new_opening_starts_a_new_connection()
    {
        _bench.Report("node-a", AtWeb(State.Established, 77) with { Server = External });
        _bench.ReportAs("node-a", 2, AtWeb(State.Established, 78) with { Server = External, Opened = Opened + UnixTime.Minute });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_restarted_agent_that_sees_an_opening_does_not_continue_a_connection_without_one()
    {
        _bench.Report("node-a", AtWeb(State.Established, null) with { Server = External });
        _bench.ReportAs("node-a", 2, AtWeb(State.Established, 78) with { Server = External });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void The_same_side_seen_on_two_nodes_is_two_flows()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = External });
        _bench.ReportAs("node-b", 2, DnsAtWeb(State.Established) with { Server = External });
        Assert.Equal(2, _bench.Published.Count);
    }

    [Fact]
    public void A_side_reported_after_the_delay_completes_the_edge_and_is_not_published_again()
    {
        _bench.Report("node-b", AtCart(State.Established) with { BytesToServer = 5 });
        _bench.Advance(2.1);
        Assert.Equal(8080U, Assert.Single(_bench.Edges).Destination.Port);
        _bench.Report("node-a", AtWeb(State.Established) with { BytesToServer = 7 });
        _bench.Advance(3);

        Assert.Single(_bench.Published);
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal(("cart", "Deployment/cart", 80U), (edge.Destination.Service, edge.Destination.Workload, edge.Destination.Port));
        Assert.Equal((1UL, 7UL, 180_000UL), (edge.Forwarded, edge.BytesToServer, edge.HandshakeMeanNs));
    }

    [Fact]
    public void Drops_on_two_nodes_of_one_connection_are_one_flow()
    {
        _bench.Report("node-a", Drop(Cart));
        _bench.Report("node-b", Drop(Cart));
        _bench.Advance(3);
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Dropped);
        Assert.Single(_bench.Published);
    }

    public static TheoryData<bool, bool> Orders => new() { { true, false }, { false, false }, { true, true }, { false, true } };

    /// <summary>Only the connection tracker can relate the two sides of a masqueraded UDP conversation.</summary>
    [Theory]
    [MemberData(nameof(Orders))]
    public void A_masqueraded_conversation_is_joined_by_its_translated_endpoints(bool clientFirst, bool twice)
    {
        AddressPort middle = NodeA with { Port = 777 }, other = ParseEndpoint("172.30.7.12", 30053);
        Sighting query = DnsAtWeb(State.Established) with { Translated = (middle, twice ? other : Dns) };
        Sighting received = twice
            ? AtDns(State.Established) with { Client = ParseEndpoint("172.30.7.12", 888), Original = (middle, other) }
            : AtDns(State.Established) with { Client = middle };
        if (clientFirst)
            _bench.Report("node-a", query);
        _bench.Report("node-b", received);
        if (!clientFirst)
            _bench.Report("node-a", query);
        _bench.Advance(3);
        Assert.Equal(
            (query.Client, DnsService, Dns),
            (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Backend!.Value));
    }

    /// <summary>The agent at the client's interface was started later and knows the translation from the connection tracker.</summary>
    [Theory]
    [InlineData(Protocol.Tcp, true)]
    [InlineData(Protocol.Tcp, false)]
    [InlineData(Protocol.Udp, true)]
    [InlineData(Protocol.Udp, false)]
    public void Translated_endpoints_join_a_flow_older_than_one_of_the_agents(Protocol protocol, bool olderFirst)
    {
        bool isTcp = protocol == Protocol.Tcp;
        Sighting early = (isTcp ? AtCart(State.Established) : AtDns(State.Established)) with { Opened = Opened - UnixTime.Minute };
        Sighting late = (isTcp ? AtWeb(State.Established, sequence: null) : DnsAtWeb(State.Established)) with
        {
            Guessed = false,
            Older = true,
            Translated = (early.Client, early.Server),
        };
        _bench.Report(olderFirst ? "node-b" : "node-a", olderFirst ? early : late);
        _bench.Report(olderFirst ? "node-a" : "node-b", olderFirst ? late : early);
        _bench.Advance(3);

        Assert.Equal((late.Server, early.Server), (_bench.SinglePublished.Destination, _bench.SinglePublished.Backend!.Value));
        Assert.False(_bench.SinglePublished.Guessed);
    }

    [Fact]
    public void A_client_behind_a_nodes_address_is_shown_as_the_client()
    {
        AddressPort nodePort = NodeA with { Port = 30080 };
        _bench.Report("node-b", AtCart(State.Established) with { Client = NodeA, Original = (External, nodePort) });
        _bench.Advance(1);
        Assert.Equal(
            (External, nodePort, Cart),
            (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Backend!.Value));
        Assert.Null(_bench.SinglePublished.SourceOwner);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reply_from_another_address_is_not_a_separate_flow(bool byService)
    {
        AddressPort elsewhere = ParseEndpoint("10.244.2.99", byService ? 5353 : 53);
        if (byService)
            _bench.Names = ServedOn5353();
        Sighting reply = DnsAtWeb(State.Opening) with
        {
            Id = 90,
            Side = Side.Server,
            Client = elsewhere,
            Server = DnsAtWeb(State.Opening).Client,
            Opened = Opened + 1000,
        };
        _bench.Report("node-a", DnsAtWeb(State.Opening), reply);
        _bench.Report("node-b", reply with { Id = 91, Side = Side.Client });
        _bench.Advance(3);
        Assert.Equal(
            (DnsService, Verdict.Forwarded, false),
            (_bench.SinglePublished.Destination, _bench.SinglePublished.Decision.Verdict, _bench.SinglePublished.Guessed));
        Assert.Equal("kube-dns", Assert.Single(_bench.Edges).Destination.Service);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 40)] // in the middle of a long conversation
    public void A_dropped_answer_belongs_to_its_conversation(bool byService, int seconds)
    {
        AddressPort called = byService ? DnsService : Cart, answering = byService ? Dns : Cart;
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = called });
        _bench.Advance(Math.Max(seconds, 3));
        _bench.Report("node-b", DroppedAnswer(answering, seconds));
        _bench.Advance(3);
        Assert.Equal((Web, called), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination));
        Edge edge = Assert.Single(_bench.Edges);
        Assert.Equal((1UL, 0UL), (edge.Forwarded, edge.Dropped));
    }

    [Fact]
    public void A_conversation_whose_answer_is_dropped_keeps_its_direction()
    {
        _bench.Report("node-b", AtDns(State.OneWay) with { Server = Cart });
        _bench.Report("node-b", DroppedAnswer(Cart, 0), DroppedAnswer(Cart, 0) with { BytesToServer = 9 });
        _bench.Advance(3);
        Assert.Equal((Web, Cart), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination));
        Decision decision = _bench.SinglePublished.Decision;
        Assert.Equal((Verdict.Dropped, DropReason.Policy), (decision.Verdict, decision.Reason));
    }

    [Fact]
    public void A_dropped_request_to_another_port_of_a_client_is_a_separate_flow()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Server = Cart });
        _bench.Report("node-b", DroppedAnswer(Cart with { Port = 9999 }, 0));
        _bench.Report("node-b", DroppedAnswer(Cart, 3600) with { Id = 92 }); // long after the conversation
        _bench.Advance(3);
        Assert.Equal(3, _bench.Published.Count);
    }

    /// <summary>What a node reports that does not know the conversation: a request of the server.</summary>
    private static Sighting DroppedAnswer(AddressPort server, int seconds) => DnsAtWeb(State.Dropped) with
    {
        Id = 90,
        Side = Side.Node,
        Client = server,
        Server = DnsAtWeb(State.Dropped).Client,
        Opened = Opened + (seconds * UnixTime.Second) + 1000,
        LastSeen = Opened + (seconds * UnixTime.Second) + 1000,
        DropReason = DropReason.Policy,
        DropDetail = "NETFILTER_DROP",
        Ended = true,
    };

    [Fact]
    public void A_request_to_a_port_that_is_a_client_elsewhere_is_a_separate_flow()
    {
        _bench.Report("node-a", DnsAtWeb(State.Established));
        AddressPort asker = DnsAtWeb(State.Established).Client;
        _bench.Report("node-a", DnsAtWeb(State.Established) with { Id = 90, Side = Side.Server, Client = Cart, Server = asker });
        _bench.Advance(3);
        Assert.Equal(2, _bench.Published.Count);
    }

    /// <summary>RFC 9293 3.5: both endpoints send a SYN, and each interface reports its own pod as the client.</summary>
    [Fact]
    public void A_simultaneous_open_is_one_flow_and_is_marked_as_guessed()
    {
        AddressPort peer = Cart with { Port = 9999 };
        _bench.Report("node-a", AtWeb(State.Established) with { Server = peer, HandshakeNs = 0 });
        _bench.Report("node-b", AtWeb(State.Established, 555) with { Client = peer, Server = Web, HandshakeNs = 0 });
        _bench.Advance(3);
        Assert.Equal(
            (Web, peer, true), (_bench.SinglePublished.Source, _bench.SinglePublished.Destination, _bench.SinglePublished.Guessed));
        Assert.Equal(1UL, Assert.Single(_bench.Edges).Forwarded);
    }

    private static ClusterNames ServedOn5353()
    {
        ClusterObjects objects = CreateObjects();
        objects.Slices[1] = Slice("kube-system", "kube-dns", Dns with { Port = 5353 }, "dns", Protocol.Udp);
        return ClusterNames.Empty.With(objects, 0);
    }

    [Theory]
    [InlineData("web")]
    [InlineData("cart")]
    public void A_flow_of_an_address_that_two_running_pods_have_is_guessed(string twice)
    {
        ClusterObjects objects = CreateObjects();
        objects.Pods.Add(Pod("other", "node-c", twice == "web" ? Web : Cart, "other"));
        _bench.Names = ClusterNames.Empty.With(objects, 0);
        _bench.Report("node-a", AtWeb(State.Established));
        _bench.Report("node-b", AtCart(State.Established));
        _bench.Advance(3);
        Assert.True(_bench.SinglePublished.Guessed);
    }
}
