using System.Net;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>Packets that the kernel dropped, in the node's or a pod's network namespace.</summary>
public class DropTests
{
    private const string Web = "10.244.0.2:43210";
    private const string Cart = "10.244.1.3:8080";
    private const string CartService = "10.96.0.10:80";
    private const FlowFlags SynAck = FlowFlags.Syn | FlowFlags.Ack;

    [Fact]
    public void A_dropped_syn_is_a_failed_opening_seen_in_the_node()
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", Web, Cart, original: (Web, CartService), seq: 100);

        Sighting sighting = net.Sighting;
        Assert.Equal((Side.Node, State.Dropped), (sighting.Side, sighting.State));
        Assert.Equal((DropReason.Policy, "NETFILTER_DROP"), (sighting.DropReason, sighting.DropReasonDetail));
        Assert.Equal((Web, Cart), Ends(sighting));
        Assert.Equal((Web, CartService), OriginalEnds(sighting));
        Assert.Equal((true, 100u), (sighting.HasInitialSequence, sighting.InitialSequence));
        Assert.Equal(Trace.UnixTime(0), sighting.OpenedUnixNs);
        Assert.False(sighting.Ended);
    }

    [Fact]
    public void Without_translation_there_is_no_original()
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", "[fd00:1::2]:43210", "[fd00:2::3]:8080");

        Assert.Equal(("[fd00:1::2]:43210", "[fd00:2::3]:8080"), Ends(net.Sighting));
        Assert.True(net.Sighting.OriginalClientAddress.IsEmpty);
        Assert.True(net.Sighting.OriginalServerAddress.IsEmpty);
    }

    [Fact]
    public void A_retransmitted_syn_is_one_failure()
    {
        Trace net = new();
        foreach (double ms in (double[])[0, 1000, 3000, 7000, 15_000, 31_000, 63_000])
        {
            DropPacket(net, "NETFILTER_DROP", Web, Cart, seq: 100, ms: ms);
            net.Time(ms + 500);
        }

        Assert.Single(net.Sightings);
        net.Time(193_001);
        Assert.True(net.Sighting.Ended);
    }

    [Fact]
    public void Another_syn_is_another_failure()
    {
        Trace net = new();
        DropPacket(net, "NETFILTER_DROP", Web, Cart, seq: 100);
        DropPacket(net, "NETFILTER_DROP", Web, Cart, seq: 900_000, ms: 500);

        Assert.Equal([100u, 900_000u], net.Sightings.Select(sighting => sighting.InitialSequence));
        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
    }

    [Fact]
    public void A_dropped_syn_ack_was_sent_to_the_client()
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", Cart, Web, original: (Web, CartService), flags: SynAck, seq: 500, ack: 101);

        Assert.Equal((Web, Cart), Ends(net.Sighting));
        Assert.Equal((Web, CartService), OriginalEnds(net.Sighting));
        Assert.Equal(100u, net.Sighting.InitialSequence);
    }

    [Theory]
    [InlineData("QDISC_DROP", DropReason.Kernel, "QDISC_DROP")]
    [InlineData("NEIGH_FAILED", DropReason.Unreachable, "NEIGH_FAILED")]
    [InlineData("77", DropReason.Kernel, "REASON_77")]
    public void A_reason_has_the_kernel_s_name(string reason, DropReason meaning, string detail)
    {
        Trace net = new();

        DropPacket(net, reason, Web, Cart);

        Assert.Equal((meaning, detail), (net.Sighting.DropReason, net.Sighting.DropReasonDetail));
    }

    [Fact]
    public void A_syn_without_a_socket_is_left_to_the_reset_that_follows()
    {
        Trace net = new();

        DropPacket(net, "NO_SOCKET", Web, Cart, inPod: 7);

        Assert.Empty(net.Sightings);
    }

    [Fact]
    public void A_datagram_without_a_socket_was_sent_to_a_closed_port()
    {
        Trace net = Arrived(Side.Server, By.Client);

        DropPacket(net, "NO_SOCKET", Web, Cart, inPod: 7, protocol: TransportProtocol.Udp);

        Sighting dropped = net.Sightings[1];
        Assert.Equal((Side.Node, State.Dropped, DropReason.Unreachable, "PORT_UNREACHABLE"),
            (dropped.Side, dropped.State, dropped.DropReason, dropped.DropReasonDetail));
        Assert.Equal((Web, Cart), Ends(dropped));
        Assert.False(dropped.HasInitialSequence);
    }

    [Fact]
    public void A_reply_to_a_closed_socket_is_not_a_failure()
    {
        Trace net = Arrived(Side.Client, By.Client);
        net.At(2).Datagram(By.Server);

        DropPacket(net, "NO_SOCKET", Cart, Web, inPod: 7, protocol: TransportProtocol.Udp);

        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Fact]
    public void A_dropped_datagram_of_an_unknown_conversation_in_a_pod_is_ignored()
    {
        Trace net = new();

        DropPacket(net, "NO_SOCKET", Web, Cart, inPod: 7, protocol: TransportProtocol.Udp);

        Assert.Empty(net.Sightings);
    }

    [Theory]
    [InlineData(Web, CartService, Web, CartService, true)] // before translation
    [InlineData(Web, Cart, Web, CartService, true)] // to the pod behind the service
    [InlineData("172.18.0.2:1025", CartService, Web, CartService, true)] // masqueraded
    [InlineData(CartService, Web, Web, CartService, false)] // the reply, translated back
    [InlineData(Cart, Web, Web, CartService, false)] // the reply, not translated yet
    public void In_the_node_the_original_tuple_distinguishes_request_and_reply(
        string source, string destination, string client, string server, bool isRequest)
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", source, destination, original: (client, server), protocol: TransportProtocol.Udp);

        if (isRequest)
            Assert.Equal((source, destination), Ends(net.Sighting));
        else
            Assert.Empty(net.Sightings);
    }

    [Fact]
    public void In_the_node_a_datagram_unknown_to_conntrack_from_a_system_port_is_a_reply()
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", "10.244.1.3:53", Web, protocol: TransportProtocol.Udp);

        Assert.Empty(net.Sightings);
    }

    /// <summary>Dropped before connection tracking, for instance in a raw table: the packet has no entry, but its flow has.</summary>
    [Theory]
    [InlineData(Web, Cart, true)]
    [InlineData(Cart, Web, false)]
    public void In_the_node_the_tracker_knows_a_datagram_that_was_dropped_before_tracking(string source, string destination, bool isRequest)
    {
        ((Address client, Port clientPort), (Address server, Port serverPort)) = (End(Web), End(Cart));
        PacketEnds request = new(client, clientPort, server, serverPort);
        Trace net = new(tracker: (TransportProtocol _, in PacketEnds packet) =>
            packet == request || packet == request.Reversed() ? new TrackedFlow(request, request.Reversed()) : null);

        DropPacket(net, "NETFILTER_DROP", source, destination, protocol: TransportProtocol.Udp);

        if (isRequest)
            Assert.Equal((source, destination), Ends(net.Sighting));
        else
            Assert.Empty(net.Sightings);
    }

    [Fact]
    public void In_the_node_a_datagram_unknown_to_conntrack_is_a_request()
    {
        Trace net = new();

        DropPacket(net, "NETFILTER_DROP", Web, Cart, protocol: TransportProtocol.Udp);

        Assert.Equal((Web, Cart), Ends(net.Sighting));
    }

    [Fact]
    public void Dropped_datagrams_are_one_failure_until_a_minute_of_silence()
    {
        Trace net = new();
        foreach (double ms in (double[])[0, 1000, 60_000, 119_000])
        {
            DropPacket(net, "NETFILTER_DROP", Web, Cart, protocol: TransportProtocol.Udp, ms: ms);
            net.Time(ms + 500);
        }

        Assert.Single(net.Sightings);
        DropPacket(net, "NETFILTER_DROP", Web, Cart, protocol: TransportProtocol.Udp, ms: 179_001);

        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
    }

    [Fact]
    public void The_client_s_own_sighting_stays_separate()
    {
        Trace net = new Trace { Server = IPEndPoint.Parse(Cart) }.At(0).Syn(seq: 100);
        DropPacket(net, "NETFILTER_DROP", Web, Cart, seq: 100);
        net.Time(6000);

        Assert.Equal([Side.Client, Side.Node], net.Sightings.Select(sighting => sighting.Side));
        Assert.Equal([DropReason.Timeout, DropReason.Policy], net.Sightings.Select(sighting => sighting.DropReason));
    }

    /// <summary>A trace with a datagram that has passed the pod's interface.</summary>
    private static Trace Arrived(Side side, By by) =>
        new Trace(side, TransportProtocol.Udp) { Client = IPEndPoint.Parse(Web), Server = IPEndPoint.Parse(Cart) }.At(0).Datagram(by);

    /// <summary>RFC 6298: an unacknowledged segment is retransmitted again and again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_connection_whose_segment_is_dropped_three_times_is_cut_off(bool bothWays)
    {
        Trace net = new();
        for (int i = 0; i < 3; i++)
        {
            Assert.Empty(net.Sightings);
            DropSegment(net, Web, Cart, seq: 500, ms: 300 * i);
            if (bothWays)
                DropSegment(net, Cart, Web, seq: 900, ms: (300 * i) + 1);
        }

        Sighting cut = net.Sighting;
        Assert.Equal(
            (Side.Node, State.Dropped, "NETFILTER_DROP", false),
            (cut.Side, cut.State, cut.DropReasonDetail, cut.HasInitialSequence));
        Assert.Equal((Web, Cart), Ends(cut));
        Assert.Equal(Trace.UnixTime(0), cut.OpenedUnixNs);
    }

    [Fact]
    public void Losses_that_TCP_recovers_from_are_not_drops()
    {
        Trace net = new();
        for (uint i = 0; i < 20; i++)
            DropSegment(net, Web, Cart, seq: 500 + (i / 2 * 1448), ms: 100 * i);
        net.Time(200_000);

        Assert.Empty(net.Sightings);
    }

    private static void DropSegment(Trace net, string source, string destination, uint seq, double ms) => DropPacket(
        net, "NETFILTER_DROP", source, destination, original: (Web, CartService), flags: FlowFlags.Ack, seq: seq, ms: ms);

    private static void DropPacket(
        Trace net,
        string reason,
        string source,
        string destination,
        (string Client, string Server)? original = null,
        TransportProtocol protocol = TransportProtocol.Tcp,
        FlowFlags flags = FlowFlags.Syn,
        uint seq = 100,
        uint ack = 0,
        int inPod = 0,
        double ms = 0)
    {
        uint number = 0;
        while (number < 100 && Trace.Reasons.Name(number) != reason)
            number++;
        (Address source, Port port) from = End(source), to = End(destination);
        (Address source, Port port) client = original is { } o ? End(o.Client) : default;
        (Address source, Port port) server = original is { } p ? End(p.Server) : default;
        Drop drop = new()
        {
            Kind = RecordKind.Drop,
            Reason = number < 100 ? number : uint.Parse(reason),
            Time = Trace.UnixTime(ms) - Trace.BootTime,
            Source = from.source,
            SourcePort = from.port,
            Destination = to.source,
            DestinationPort = to.port,
            TcpSequence = protocol == TransportProtocol.Tcp ? seq : 0,
            TcpAcknowledgement = protocol == TransportProtocol.Tcp ? ack : 0,
            Interface = inPod,
            OriginalSource = client.source,
            OriginalSourcePort = client.port,
            OriginalDestination = server.source,
            OriginalDestinationPort = server.port,
            Protocol = protocol,
            Flags = protocol == TransportProtocol.Tcp ? flags : FlowFlags.None,
        };
        net.Tracker.OnDrop(in drop);
    }

    private static (Address, Port) End(string end) => (Address.From(IPEndPoint.Parse(end).Address), Port.From(IPEndPoint.Parse(end).Port));

    private static (string Client, string Server) Ends(Sighting sighting) =>
        (Text(sighting.ClientAddress.Span, sighting.ClientPort), Text(sighting.ServerAddress.Span, sighting.ServerPort));

    private static (string Client, string Server) OriginalEnds(Sighting sighting) => (
        Text(sighting.OriginalClientAddress.Span, sighting.OriginalClientPort),
        Text(sighting.OriginalServerAddress.Span, sighting.OriginalServerPort));

    private static string Text(ReadOnlySpan<byte> address, uint port) => new IPEndPoint(new IPAddress(address), (int)port).ToString();
}
