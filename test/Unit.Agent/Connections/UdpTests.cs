using System.Net;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class UdpTests
{
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void The_first_packet_opens_and_the_reply_establishes(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client);
        Sighting opening = net.Sighting;
        Assert.Equal((State.Opening, side, 43210u, 80u), (opening.State, opening.Side, opening.ClientPort, opening.ServerPort));
        Assert.Equal(Protocol.Udp, opening.Protocol);
        Assert.False(opening.HasInitialSequence);

        net.At(2).Datagram(By.Server);

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(0u, net.Sighting.HandshakeNs);
        Assert.False(net.Sighting.Guessed);
    }

    [Theory]
    [InlineData(53, 20_000, true)] // masqueraded, which uses any port from 1024 on
    [InlineData(5_000, 40_000, true)]
    [InlineData(20_000, 53, false)]
    [InlineData(40_000, 5_000, false)]
    public void A_reply_is_identified_by_its_ports(int from, int to, bool isReply)
    {
        Trace net = new Trace(Side.Client, TransportProtocol.Udp, started: -1)
        {
            Client = new(IPAddress.Parse("10.244.0.2"), from),
            Server = new(IPAddress.Parse("172.30.0.11"), to),
        };
        net.At(0).Datagram(By.Client);

        Assert.Equal(((uint)(isReply ? from : to), isReply), (net.Sighting.ServerPort, net.Sighting.Guessed));
    }

    /// <summary>Port 80 replies to 43210: a conversation that is older than the agent.</summary>
    [Theory]
    [InlineData(Side.Client, 59_000, true)]
    [InlineData(Side.Server, 59_000, true)]
    [InlineData(Side.Client, 60_000, false)]
    [InlineData(Side.Server, 60_000, false)]
    public void A_packet_that_looks_like_a_reply_is_one_until_the_agent_has_run_for_a_minute(Side side, double age, bool guessed)
    {
        Trace net = new Trace(side, TransportProtocol.Udp, started: -age).At(0).Datagram(By.Server);

        Assert.Equal(guessed, net.Sighting.Guessed);
        Assert.Equal(guessed ? State.Established : State.Opening, net.Sighting.State);
        Assert.Equal(guessed ? 80u : 43210u, net.Sighting.ServerPort);
    }

    [Theory]
    [InlineData(80, 53)]
    [InlineData(5_000, 6_000)]
    [InlineData(40_000, 50_000)]
    public void With_inconclusive_ports_the_first_sender_is_guessed_to_be_the_client(int client, int server)
    {
        Trace net = new Trace(Side.Client, TransportProtocol.Udp, started: -1)
        {
            Client = new(IPAddress.Parse("10.244.0.2"), client),
            Server = new(IPAddress.Parse("10.96.0.10"), server),
        };
        net.At(0).Datagram(By.Client);

        Assert.Equal(((uint)server, true), (net.Sighting.ServerPort, net.Sighting.Guessed));
    }

    [Theory]
    [InlineData(999, State.Opening)]
    [InlineData(1000, State.OneWay)]
    public void A_conversation_without_a_reply_for_a_second_is_one_way(double ms, State expected)
    {
        Trace net = Udp().At(0).Datagram(By.Client).Time(ms);

        Assert.Equal((expected, DropReason.Unspecified, false), (net.Sighting.State, net.Sighting.DropReason, net.Sighting.Ended));
    }

    /// <summary>The kernel reports no further moment of the socket: its next exchange is known by its counts.</summary>
    [Theory]
    [InlineData(Side.Client, 5500, 1)]
    [InlineData(Side.Client, 7500, 2)]
    [InlineData(Side.Server, 7500, 1)]
    [InlineData(Side.Server, 9500, 2)]
    public void An_answered_dns_exchange_ends_and_the_next_one_of_its_socket_is_another(Side side, double next, int exchanges)
    {
        Trace net = new(side, TransportProtocol.Udp) { Server = new(IPAddress.Parse("10.244.1.3"), 53) };
        net.At(0).Datagram(By.Client).At(1).Datagram(By.Server).Counted(toServer: (1, 60), toClient: (1, 90));
        for (int second = 1; second * 1000 < next; second++)
            net.Time(second * 1000);
        net.At(next).Counted(toServer: (1, 60), toClient: (1, 90)).Time(next + 100);

        Assert.Equal(exchanges, net.Sightings.Count);
        Assert.All(net.Sightings, sighting => Assert.Equal((State.Established, false), (sighting.State, sighting.Guessed)));
        Assert.All(net.Sightings, sighting => Assert.Equal(exchanges == 1 ? 120u : 60u, sighting.BytesToServer));
        Assert.Equal(exchanges > 1, net.Sightings[0].Ended);
    }

    [Fact]
    public void An_unanswered_question_does_not_end_before_its_retries()
    {
        Trace net = new(Side.Client, TransportProtocol.Udp) { Server = new(IPAddress.Parse("10.96.0.10"), 53) };
        net.At(0).Datagram(By.Client);
        for (int second = 1; second < 50; second++)
            net.Time(second * 1000);

        Assert.False(net.Sighting.Ended);
    }

    [Fact]
    public void A_late_reply_establishes()
    {
        Trace net = Udp().At(0).Datagram(By.Client).Time(1000).Time(2000).At(2500).Datagram(By.Server).Time(3000);

        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void First_packets_on_other_cpus_change_nothing(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(1).Datagram(By.Client).At(2).Datagram(By.Server)
            .At(3).Datagram(By.Server).At(4).Datagram(By.Client);

        Assert.Equal((State.Established, side), (net.Sighting.State, net.Sighting.Side));
        Assert.Equal(Trace.UnixTime(0), net.Sighting.OpenedUnixNs);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void Counts_show_a_reply_whose_moment_was_lost(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(900).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000);

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal((60u, 90u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_closed_port_stays_unreachable_after_a_retry(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(0.1).Unreachable(code: 3);
        net.At(1000).Counted(toServer: (1, 60)).Time(1000);
        net.At(1500).Datagram(By.Client).At(1500.1).Unreachable(code: 3).At(2000).Counted(toServer: (1, 60)).Time(2000).Time(30_000);

        Sighting sighting = net.Sighting;
        Assert.Equal(
            (State.Dropped, DropReason.Unreachable, "PORT_UNREACHABLE"),
            (sighting.State, sighting.DropReason, sighting.DropReasonDetail));
        Assert.Equal(120u, sighting.BytesToServer);
        Assert.False(sighting.Ended);
    }

    [Fact]
    public void A_reply_from_a_port_that_was_opened_later_establishes()
    {
        Trace net = Udp().At(0).Datagram(By.Client).At(0.1).Unreachable(code: 3).At(5000).Datagram(By.Server);

        Assert.Equal(
            (State.Established, DropReason.Unspecified, ""),
            (net.Sighting.State, net.Sighting.DropReason, net.Sighting.DropReasonDetail));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void After_a_minute_of_silence_another_conversation_starts(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(1).Datagram(By.Server)
            .At(50_000).Counted(toServer: (2, 120), toClient: (2, 180)).Time(50_000).Time(110_000);
        Assert.False(net.Sighting.Ended);
        net.Time(110_001);
        Assert.True(net.Sighting.Ended);

        net.At(110_500).Datagram(By.Server);

        Assert.Collection(
            net.Sightings,
            old => Assert.Equal((true, side, 120u), (old.Ended, old.Side, old.BytesToServer)),
            recent => Assert.Equal((false, 80u, State.Opening), (recent.Ended, recent.ClientPort, recent.State)));
    }

    [Fact]
    public void A_packet_after_the_silence_opens_even_before_the_next_tick()
    {
        Trace net = Udp().At(0).Datagram(By.Client).At(1).Datagram(By.Server).At(60_002).Datagram(By.Client);

        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(Trace.UnixTime(1), net.Sightings[0].LastUnixNs);
        Assert.Equal(State.Opening, net.Sightings[1].State);
    }

    [Fact]
    public void A_packet_before_the_idle_timeout_does_not_open()
    {
        // Another CPU's slot was idle for longer.
        Trace net = Udp().At(0).Datagram(By.Client).At(59_000).Counted(toServer: (9, 900)).At(61_000).Datagram(By.Client);

        Assert.Equal(Trace.UnixTime(0), net.Sighting.OpenedUnixNs);
    }

    private static Trace Udp(Side side = Side.Client) => new(side, TransportProtocol.Udp);
}
