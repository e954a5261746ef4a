using System.Net;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class UdpTests
{
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void The_first_packet_opens_and_the_answer_establishes(Side side)
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
    [InlineData(53, 20_000, true)] // masqueraded, which takes any port from 1024 on
    [InlineData(5_000, 40_000, true)]
    [InlineData(20_000, 53, false)]
    [InlineData(40_000, 5_000, false)]
    public void An_answer_is_told_by_its_ports(int from, int to, bool isAnswer)
    {
        Trace net = new Trace(Side.Client, TransportProtocol.Udp, started: -1)
        {
            Client = new(IPAddress.Parse("10.244.0.2"), from),
            Server = new(IPAddress.Parse("172.30.0.11"), to),
        };
        net.At(0).Datagram(By.Client);

        Assert.Equal(((uint)(isAnswer ? from : to), isAnswer), (net.Sighting.ServerPort, net.Sighting.Guessed));
    }

    /// <summary>Port 80 answers 43210: a conversation that is older than the agent.</summary>
    [Theory]
    [InlineData(Side.Client, 59_000, true)]
    [InlineData(Side.Server, 59_000, true)]
    [InlineData(Side.Client, 60_000, false)]
    [InlineData(Side.Server, 60_000, false)]
    public void What_looks_like_an_answer_is_one_while_the_agent_is_young(Side side, double age, bool guessed)
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
    public void Ports_that_tell_nothing_leave_the_first_packet_s_sender_the_client_as_a_guess(int client, int server)
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
    public void Without_an_answer_for_a_second_it_is_one_way(double ms, State expected)
    {
        Trace net = Udp().At(0).Datagram(By.Client).Time(ms);

        Assert.Equal((expected, DropReason.Unspecified, false), (net.Sighting.State, net.Sighting.DropReason, net.Sighting.Ended));
    }

    [Fact]
    public void A_late_answer_establishes()
    {
        Trace net = Udp().At(0).Datagram(By.Client).Time(1000).Time(2000).At(2500).Datagram(By.Server).Time(3000);

        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void First_packets_seen_by_other_cpus_change_nothing(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(1).Datagram(By.Client).At(2).Datagram(By.Server)
            .At(3).Datagram(By.Server).At(4).Datagram(By.Client);

        Assert.Equal((State.Established, side), (net.Sighting.State, net.Sighting.Side));
        Assert.Equal(Trace.UnixTime(0), net.Sighting.OpenedUnixNs);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void Counts_show_an_answer_whose_moment_was_lost(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(900).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000);

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal((60u, 90u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_closed_port_is_unreachable_and_a_retry_stays_that(Side side)
    {
        Trace net = Udp(side).At(0).Datagram(By.Client).At(0.1).Unreachable(code: 3);
        net.At(1000).Counted(toServer: (1, 60)).Time(1000);
        net.At(1500).Datagram(By.Client).At(1500.1).Unreachable(code: 3).At(2000).Counted(toServer: (1, 60)).Time(2000).Time(30_000);

        Sighting sighting = net.Sighting;
        Assert.Equal((State.Dropped, DropReason.Unreachable, "PORT_UNREACHABLE"), (sighting.State, sighting.DropReason, sighting.DropReasonDetail));
        Assert.Equal((2u, 120u), (sighting.PacketsToServer, sighting.BytesToServer));
        Assert.False(sighting.Ended);
    }

    [Fact]
    public void A_port_that_is_opened_later_answers()
    {
        Trace net = Udp().At(0).Datagram(By.Client).At(0.1).Unreachable(code: 3).At(5000).Datagram(By.Server);

        Assert.Equal((State.Established, DropReason.Unspecified, ""), (net.Sighting.State, net.Sighting.DropReason, net.Sighting.DropReasonDetail));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void After_a_minute_of_silence_it_is_another_conversation(Side side)
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
            young => Assert.Equal((false, 80u, State.Opening), (young.Ended, young.ClientPort, young.State)));
    }

    [Fact]
    public void A_packet_after_the_silence_opens_even_before_the_end_was_noticed()
    {
        Trace net = Udp().At(0).Datagram(By.Client).At(1).Datagram(By.Server).At(60_002).Datagram(By.Client);

        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(Trace.UnixTime(1), net.Sightings[0].LastUnixNs);
        Assert.Equal(State.Opening, net.Sightings[1].State);
    }

    [Fact]
    public void A_packet_within_the_silence_does_not()
    {
        // Another CPU's slot was silent for longer.
        Trace net = Udp().At(0).Datagram(By.Client).At(59_000).Counted(toServer: (9, 900)).At(61_000).Datagram(By.Client);

        Assert.Equal(Trace.UnixTime(0), net.Sighting.OpenedUnixNs);
    }

    private static Trace Udp(Side side = Side.Client) => new(side, TransportProtocol.Udp);
}
