using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>Packets to a pod that are still under way when the pod is gone, and arrive at the next one with its address.</summary>
public class FormerPodTests
{
    private static readonly IPEndPoint Pod = IPEndPoint.Parse("10.244.0.2:43210"), Dns = IPEndPoint.Parse("10.244.1.3:53");

    [Fact]
    public void A_syn_ack_that_the_pod_resets_opens_nothing()
    {
        Trace net = new Trace().Appeared(-500);
        foreach (double ms in (double[])[0, 1000, 3000, 7000])
        {
            net.At(ms).SynAck(ack: 101).At(ms + 0.1).Reset(By.Client).At(ms + 900)
                .Counted(toClient: (1, 60), serverFlags: FlowFlags.Syn | FlowFlags.Ack)
                .Counted(toServer: (1, 40), clientFlags: FlowFlags.Rst)
                .Time(ms + 900).Time(ms + 1900).Time(ms + 2900);
        }

        Assert.Empty(net.Sightings);
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void A_syn_ack_that_the_pod_ignores_opens_nothing()
    {
        Trace net = new Trace().At(0).SynAck(ack: 101).At(900)
            .Counted(toClient: (1, 60), serverFlags: FlowFlags.Syn | FlowFlags.Ack).Time(1000).Time(2000).Time(3000);

        Assert.Empty(net.Sightings);
    }

    /// <summary>RFC 9293 3.10.7.3: in SYN-SENT, a SYN-ACK for another SYN is reset.</summary>
    [Fact]
    public void A_syn_ack_for_the_former_pod_s_syn_does_not_replace_the_pod_s_own()
    {
        Trace net = new Trace().At(0).Syn(seq: 100).At(1).SynAck(ack: 900_001).At(1.1).Reset(By.Client);
        Assert.Equal((State.Opening, 100u), (net.Sighting.State, net.Sighting.InitialSequence));

        net.At(2).SynAck(ack: 101).At(2.1).Ack();

        Assert.Equal((State.Established, 100u), (net.Sighting.State, net.Sighting.InitialSequence));
    }

    [Fact]
    public void An_unseen_syn_of_the_pod_s_own_is_shown_by_its_ack()
    {
        Trace net = new Trace().At(0).Syn(seq: 900_000).Time(6000).At(7000).SynAck(ack: 101).At(7000.1).Ack();

        Assert.Equal([900_000u, 100u], net.Sightings.Select(sighting => sighting.InitialSequence));
        Assert.Equal([State.Dropped, State.Established], net.Sightings.Select(sighting => sighting.State));
    }

    /// <summary>The pod's ACK is no moment on another CPU than that of its SYN.</summary>
    [Fact]
    public void Counts_show_that_the_pod_expected_the_syn_ack()
    {
        Trace net = new(Side.Client) { Client = IPEndPoint.Parse("10.244.0.2:1024"), Server = IPEndPoint.Parse("10.96.0.10:40000") };
        net.At(0).SynAck(ack: 101).At(900)
            .Counted(toServer: (1, 52), toClient: (1, 60), serverFlags: FlowFlags.Syn | FlowFlags.Ack).Time(1000).Time(2000);

        Sighting sighting = net.Sighting;
        Assert.Equal((State.Established, Side.Client, false), (sighting.State, sighting.Side, sighting.Guessed));
        Assert.Equal((100u, Trace.UnixTime(0)), (sighting.InitialSequence, sighting.OpenedUnixNs));
        Assert.Equal((52u, 60u), (sighting.BytesToServer, sighting.BytesToClient));
    }

    /// <summary>Or it has none, or the answer has made an entry of its own, because the former pod's is gone.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(By.Client)]
    [InlineData(By.Server)]
    public void A_late_answer_to_the_former_pod_opens_nothing(By? tracked)
    {
        Trace net = Net(Pod, Dns, tracked).Appeared(-500).At(0).Datagram(By.Server);
        for (int second = 1; second < 300; second++)
            net.At((second * 1000) - 100).Counted(toClient: (1, 60)).Time(second * 1000);

        Assert.Empty(net.Sightings);
    }

    [Fact]
    public void A_late_answer_whose_moment_was_lost_opens_nothing()
    {
        Trace net = Net(Pod, Dns, By.Client).Appeared(-500);
        for (int second = 1; second < 300; second++)
            net.At((second * 1000) - 100).Counted(toClient: (1, 60)).Time(second * 1000);

        Assert.Empty(net.Sightings);
    }

    [Theory]
    [InlineData(null, By.Client, true)]
    [InlineData(By.Client, By.Client, false)]
    [InlineData(By.Server, By.Server, false)]
    public void A_datagram_that_the_pod_answers_is_a_flow(By? tracked, By client, bool guessed)
    {
        Trace net = Net(Pod, Dns, tracked).Appeared(-500).At(0).Datagram(By.Server).At(3000).Datagram(By.Client);

        Sighting sighting = net.Sighting;
        Assert.Equal(((uint)(client == By.Client ? Pod : Dns).Port, guessed), (sighting.ClientPort, sighting.Guessed));
        Assert.Equal((State.Established, Trace.UnixTime(0)), (sighting.State, sighting.OpenedUnixNs));
    }

    /// <summary>As in gossip: both ends have the same port.</summary>
    [Fact]
    public void Of_equal_ports_the_first_sender_is_the_client_once_the_pod_answers()
    {
        Trace net = Net(new(Pod.Address, 7946), new(Dns.Address, 7946), null, Side.Server).Appeared(-500).At(0).Datagram(By.Client);
        Assert.Empty(net.Sightings);

        net.At(1).Datagram(By.Server).At(900).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000);

        Sighting sighting = net.Sighting;
        Assert.Equal((State.Established, Side.Server, false), (sighting.State, sighting.Side, sighting.Guessed));
        Assert.Equal((60u, 90u), (sighting.BytesToServer, sighting.BytesToClient));
    }

    [Theory]
    [InlineData(43210, 8080, null)]
    [InlineData(43210, 514, null)]
    [InlineData(7946, 7946, By.Client)]
    internal void A_request_to_a_new_pod_is_a_flow_at_once(int client, int server, By? tracked)
    {
        Trace net = Net(new(Pod.Address, client), new(Dns.Address, server), tracked, Side.Server).Appeared(-500)
            .At(0).Datagram(By.Client).Time(1000);

        Assert.Equal((State.OneWay, Side.Server), (net.Sighting.State, net.Sighting.Side));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(-180_000.0)]
    public void To_a_pod_that_is_not_new_an_answer_is_expected(double? appeared)
    {
        Trace net = Net(Pod, Dns, By.Client);
        if (appeared is { } since)
            net.Appeared(since);
        net.At(0).Datagram(By.Server);

        Assert.Equal((State.Established, 43210u), (net.Sighting.State, net.Sighting.ClientPort));
    }

    [Fact]
    public void The_number_of_held_packets_is_bounded()
    {
        UnansweredPackets held = new(capacity: 2);
        ConnectionKey Key(int port) => new(new Trace().Key with { PodPort = Port.From(port) }, TransportProtocol.Tcp);
        foreach (int port in (int[])[1, 2, 3])
            held.Add(Key(port), new UnansweredPacket(port, 100));
        held.Add(Key(1), new UnansweredPacket(Timing.Second, 100));

        Assert.Null(held.Take(Key(3)));
        held.Expire(Timing.UdpIdleTimeout + Timing.Second);
        Assert.Null(held.Take(Key(2)));
        Assert.Equal(new UnansweredPacket(1, 100), held.Take(Key(1)));
        Assert.Null(held.Take(Key(1)));
    }

    /// <param name="tracked">Who opened the flow, for the connection tracker.</param>
    private static Trace Net(IPEndPoint client, IPEndPoint server, By? tracked, Side side = Side.Client)
    {
        PacketEnds request = new(
            Address.From(client.Address), Port.From(client.Port), Address.From(server.Address), Port.From(server.Port));
        PacketEnds original = tracked == By.Client ? request : request.Reversed();
        return new Trace(side, TransportProtocol.Udp, tracker: Query) { Client = client, Server = server };

        TrackedFlow? Query(TransportProtocol protocol, in PacketEnds packet) =>
            tracked is not null && (packet == original || packet == original.Reversed()) ? new(original, original.Reversed()) : null;
    }
}
