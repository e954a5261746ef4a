using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>Counts of flows without a record of their opening.</summary>
public class PendingFlowTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_connection_older_than_the_agent_is_established_and_guessed(bool isTcp)
    {
        TransportProtocol protocol = isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp;
        foreach (Side side in (Side[])[Side.Client, Side.Server])
        {
            Trace net = new Trace(side, protocol).At(900).Counted(toServer: (3, 300), toClient: (2, 200)).Time(1000).Time(2000);

            Sighting sighting = net.Sighting;
            Assert.Equal((State.Established, true, side), (sighting.State, sighting.Guessed, sighting.Side));
            Assert.Equal((43210u, 80u), (sighting.ClientPort, sighting.ServerPort));
            Assert.Equal((300u, 200u), (sighting.BytesToServer, sighting.BytesToClient));
            Assert.Equal((false, 0u), (sighting.HasInitialSequence, sighting.HandshakeNs));
        }
    }

    [Theory]
    [InlineData(43210, 80, true)] // only one port is ephemeral
    [InlineData(80, 43210, false)]
    [InlineData(32768, 32767, true)]
    [InlineData(50000, 40000, true)] // both, or none: the higher port
    [InlineData(40000, 50000, false)]
    [InlineData(8080, 80, true)]
    [InlineData(53, 5353, false)]
    [InlineData(123, 123, false)]
    public void The_client_is_guessed_by_the_ports(int podPort, int peerPort, bool podIsClient)
    {
        Trace net = new(Side.Client)
        {
            Client = new IPEndPoint(IPAddress.Parse("10.244.0.2"), podPort),
            Server = new IPEndPoint(IPAddress.Parse("10.244.1.3"), peerPort),
        };

        net.At(900).Counted(toServer: (3, 300), toClient: (2, 200)).Time(1000).Time(2000);

        Assert.Equal(podIsClient ? Side.Client : Side.Server, net.Sighting.Side);
        Assert.True(net.Sighting.Guessed);
    }

    [Theory]
    [InlineData(By.Client, 43210u)]
    [InlineData(By.Server, 80u)]
    public void The_sender_of_one_way_udp_is_the_client(By sender, uint clientPort)
    {
        Trace net = new Trace(protocol: TransportProtocol.Udp).At(900)
            .Counted(toServer: sender == By.Client ? (3u, 300ul) : default, toClient: sender == By.Server ? (3u, 300ul) : default)
            .Time(1000).Time(2000);
        Assert.Equal((clientPort, true), (net.Sighting.ClientPort, net.Sighting.Guessed));
        Assert.Equal(300u, net.Sighting.BytesToServer);

        net.Time(3000);

        Assert.Equal(State.OneWay, net.Sighting.State);
    }

    [Theory]
    [InlineData(By.Client)]
    [InlineData(By.Server)]
    public void Segments_that_a_pod_does_not_answer_were_meant_for_a_former_pod(By sender)
    {
        Trace net = new(sender == By.Server ? Side.Client : Side.Server);
        for (int second = 1; second < 4; second++)
        {
            net.At((second * 1000) - 100)
                .Counted(toServer: sender == By.Client ? (3u, 300ul) : default, toClient: sender == By.Server ? (3u, 300ul) : default)
                .Time(second * 1000);
        }

        Assert.Empty(net.Sightings);
    }

    [Fact]
    public void The_counts_of_all_cpus_are_added_up_first()
    {
        // The first part alone would look like one-way traffic from the server.
        Trace net = new Trace(protocol: TransportProtocol.Udp).At(900)
            .Counted(toClient: (2, 200)).Counted(toServer: (3, 300)).Time(1000).Time(2000);

        Assert.Equal((Side.Client, 43210u, State.Established), (net.Sighting.Side, net.Sighting.ClientPort, net.Sighting.State));
        Assert.Equal((300u, 200u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void Counts_that_are_read_before_their_opening_wait_for_it(Side side)
    {
        // The ring was drained, then the packets arrived, then the slot was read.
        Trace net = new(side) { Client = IPEndPoint.Parse("10.244.0.2:1024"), Server = IPEndPoint.Parse("10.96.0.10:40000") };
        const FlowFlags synAck = FlowFlags.Syn | FlowFlags.Ack;
        net.At(1000).Counted(toServer: (2, 112), toClient: (1, 60), clientFlags: synAck, serverFlags: synAck).Time(1000);
        Assert.Empty(net.Sightings);

        net.Handshake(ms: 999).At(2000).Counted(toServer: (1, 300), toClient: (1, 600)).Time(2000);

        Sighting sighting = net.Sighting;
        Assert.Equal((side, false, State.Established), (sighting.Side, sighting.Guessed, sighting.State));
        Assert.Equal((412u, 660u), (sighting.BytesToServer, sighting.BytesToClient));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_syn_whose_moment_was_lost_is_not_guessed(Side side)
    {
        Trace net = new(side) { Client = IPEndPoint.Parse("10.244.0.2:1024"), Server = IPEndPoint.Parse("10.96.0.10:40000") };
        net.At(900).Counted(toServer: (1, 60), clientFlags: FlowFlags.Syn).Time(1000).Time(2000);
        Assert.Equal((State.Opening, false, side), (net.Sighting.State, net.Sighting.Guessed, net.Sighting.Side));

        net.At(3000).Syn(seq: 100).At(3001).SynAck(ack: 101).At(3002).Ack();

        Assert.Equal((State.Established, 100u), (net.Sighting.State, net.Sighting.InitialSequence));
    }

    [Fact]
    public void A_syn_whose_moment_was_lost_times_out_like_others()
    {
        Trace net = new Trace().At(900).Counted(toServer: (1, 60), clientFlags: FlowFlags.Syn).Time(1000).Time(2000).Time(6000);

        Assert.Equal(DropReason.Timeout, net.Sighting.DropReason);
    }

    [Theory]
    [InlineData((byte)FlowFlags.Fin)]
    [InlineData((byte)FlowFlags.Rst)]
    public void Late_packets_of_an_ended_connection_open_nothing(byte end)
    {
        Trace net = new Trace().At(900)
            .Counted(toServer: (1, 52), toClient: (1, 52), clientFlags: FlowFlags.Ack, serverFlags: FlowFlags.Ack | (FlowFlags)end)
            .Time(1000).Time(2000).Time(3000);

        Assert.Empty(net.Sightings);
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void A_connection_older_than_the_agent_ends_like_others()
    {
        Trace net = new Trace().At(900).Counted(toServer: (3, 300), toClient: (2, 200)).Time(1000).Time(2000)
            .At(2100).Fin(By.Client).At(2200).Fin(By.Server).At(3000).Counted(toServer: (2, 104), toClient: (1, 52)).Time(3000).Time(4000);

        Assert.Equal((true, State.Established), (net.Sighting.Ended, net.Sighting.State));
        Assert.Equal((404u, 252u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
    }

    [Fact]
    public void The_number_of_pending_flows_is_bounded()
    {
        PendingFlows pending = new(capacity: 2);
        FlowGrowth growth = new(new Trace().Key, TransportProtocol.Tcp, FlowFlags.Ack, FlowFlags.Ack, 0, 52, 52, 1, 1);
        ConnectionKey Key(int port) => new(growth.Key with { PodPort = Port.From(port) }, TransportProtocol.Tcp);

        Assert.True(pending.TryAdd(Key(1), in growth));
        Assert.True(pending.TryAdd(Key(2), in growth));
        Assert.False(pending.TryAdd(Key(3), in growth));
        Assert.True(pending.TryAdd(Key(2), in growth));
        Assert.Empty(pending.Due);
        pending.Advance();
        Assert.Equal(2u, pending.Due[Key(2)].PacketsFromPod);
        Assert.False(pending.TryAdd(Key(3), in growth));
        pending.Advance();
        Assert.Empty(pending.Due);
        Assert.True(pending.TryAdd(Key(3), in growth));
    }
}
