using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class TcpHandshakeTests
{
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void An_opening_is_reported_at_once(Side side)
    {
        Trace net = new Trace(side).At(0).Syn(seq: 100);

        Sighting sighting = net.Sighting;
        Assert.Equal(State.Opening, sighting.State);
        Assert.Equal(side, sighting.Side);
        Assert.Equal(43210u, sighting.ClientPort);
        Assert.Equal(80u, sighting.ServerPort);
        Assert.True(sighting.HasInitialSequence);
        Assert.Equal(100u, sighting.InitialSequence);
        Assert.Equal(Trace.UnixTime(0), sighting.OpenedUnixNs);
        Assert.False(sighting.Guessed);
        Assert.False(sighting.Ended);
    }

    [Fact]
    public void At_the_client_a_connection_is_established_with_the_syn_ack()
    {
        Trace net = new Trace(Side.Client).At(0).Syn().At(0.18).SynAck();

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(180_000u, net.Sighting.HandshakeNs);
    }

    [Fact]
    public void At_the_server_a_connection_is_established_with_the_client_s_ack()
    {
        Trace net = new Trace(Side.Server).At(0).Syn().At(0.02).SynAck();
        Assert.Equal(State.Opening, net.Sighting.State);

        net.At(0.2).Ack();

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(20_000u, net.Sighting.HandshakeNs);
    }

    [Fact]
    public void At_the_server_counts_show_an_ack_seen_by_another_cpu()
    {
        Trace net = new Trace(Side.Server).At(0).Syn().At(0.02).SynAck();

        net.At(1000).Counted(toServer: (1, 60), toClient: (1, 60), clientFlags: FlowFlags.Syn, serverFlags: FlowFlags.Syn | FlowFlags.Ack);
        Assert.Equal(State.Opening, net.Sighting.State);
        net.Counted(toServer: (2, 152), lastMs: 0.3);

        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void Counts_show_a_reply_whose_moment_was_lost(Side side)
    {
        Trace net = new Trace(side).At(0).Syn().At(1000).Counted(toServer: (4, 300), toClient: (3, 900)).Time(1000);

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(0u, net.Sighting.HandshakeNs);
        net.Time(7000);
        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_reset_in_reply_to_the_syn_is_a_refusal(Side side)
    {
        Trace net = new Trace(side).At(0).Syn(seq: 100).At(0.1).Reset(By.Server, ack: 101);
        Assert.Equal((State.Dropped, DropReason.Refused, "", false), Outcome(net.Sighting));

        net.At(1000).Counted(toServer: (1, 60), toClient: (1, 40), clientFlags: FlowFlags.Syn, serverFlags: FlowFlags.Rst | FlowFlags.Ack)
            .Time(1000).Time(2000);

        Assert.Equal((State.Dropped, DropReason.Refused, "", true), Outcome(net.Sighting));
        Assert.Equal(60u, net.Sighting.BytesToServer);
        Assert.Equal(40u, net.Sighting.BytesToClient);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_retransmission_of_a_refused_syn_is_the_same_connection(Side side)
    {
        Trace net = new Trace(side).At(0).Syn(seq: 100).At(0.1).Reset(By.Server, ack: 101).At(1000).Syn(seq: 100);

        Assert.Equal((State.Dropped, DropReason.Refused, "", false), Outcome(net.Sighting));
        Assert.Equal(1u, net.Sighting.Id);
    }

    /// <summary>RFC 5961 4.2: a server with an old connection replies with an ACK, which the client resets before it retransmits.</summary>
    [Theory]
    [InlineData(Side.Client, null)]
    [InlineData(Side.Server, null)]
    [InlineData(Side.Client, 101u)] // an acknowledgement number of the server's old connection
    public void A_client_that_resets_a_stray_packet_is_still_opening(Side side, uint? ack)
    {
        Trace net = new Trace(side).At(0).Syn(seq: 100).At(0.1).Reset(By.Client, ack);
        Assert.Equal(State.Opening, net.Sighting.State);

        net.At(1000).Syn(seq: 100).At(1000.1).SynAck(ack: 101).At(1000.2).Ack();

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(1u, net.Sighting.Id);
    }

    /// <summary>RFC 9293 3.10.7.3: in SYN-SENT a RST counts only if it acknowledges the SYN.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(77u)]
    public void A_reset_of_an_earlier_connection_is_not_a_refusal(uint? ack)
    {
        Trace net = new Trace().At(0).Syn(seq: 100_000).At(0.1).Reset(By.Server, ack);
        Assert.Equal(State.Opening, net.Sighting.State);

        net.At(0.2).SynAck(ack: 100_001);

        Assert.Equal(State.Established, net.Sighting.State);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_client_reset_after_the_syn_ack_ends_an_established_connection(Side side)
    {
        Trace net = new Trace(side).At(0).Syn().At(0.1).SynAck().At(0.2).Reset(By.Client).Time(1000).Time(2000);

        Assert.Equal((State.Established, DropReason.Unspecified, "", true), Outcome(net.Sighting));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_repeated_syn_in_a_connection_changes_nothing(Side side)
    {
        Trace net = new Trace(side).Handshake().At(5).Syn(seq: 100).At(6).SynAck(ack: 101);

        Sighting sighting = net.Sighting;
        Assert.Equal((State.Established, DropReason.Unspecified, "", false), Outcome(sighting));
        Assert.Equal(500_000u, sighting.HandshakeNs);
        Assert.Equal(Trace.UnixTime(0), sighting.OpenedUnixNs);
    }

    /// <summary>RFC 9293 3.5, figure 7.</summary>
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void In_a_simultaneous_open_the_first_sender_is_the_client(Side side)
    {
        Trace net = new Trace(side)
            .At(0).Syn(seq: 100, by: By.Client)
            .At(0.1).Syn(seq: 300, by: By.Server)
            .At(0.2).SynAck(ack: 301, by: By.Client)
            .At(0.3).SynAck(ack: 101, by: By.Server);

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(side, net.Sighting.Side);
        Assert.Equal(100u, net.Sighting.InitialSequence);
    }

    [Fact]
    public void In_a_simultaneous_open_the_other_SYN_may_arrive_after_the_timeout()
    {
        Trace net = new Trace()
            .At(0).Syn(seq: 100, by: By.Client).At(1000).Syn(seq: 100, by: By.Client).At(3000).Syn(seq: 100, by: By.Client).Time(4100)
            .At(4500).Syn(seq: 300, by: By.Server)
            .At(4501).SynAck(ack: 301, by: By.Client)
            .At(4502).SynAck(ack: 101, by: By.Server);

        Assert.Equal((1u, State.Established, DropReason.Unspecified), (net.Sighting.Id, net.Sighting.State, net.Sighting.DropReason));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_syn_ack_identifies_the_client_if_the_syn_was_not_seen(Side side)
    {
        Trace net = new Trace(side).At(0).SynAck(ack: 101).At(0.1).Ack();

        Sighting sighting = net.Sighting;
        Assert.Equal((State.Established, DropReason.Unspecified, "", false), Outcome(sighting));
        Assert.Equal(side, sighting.Side);
        Assert.Equal(100u, sighting.InitialSequence);
        Assert.Equal(0u, sighting.HandshakeNs);
        Assert.False(sighting.Guessed);
    }

    [Fact]
    public void A_sequence_number_wraps()
    {
        Trace net = new Trace(Side.Server).At(0).SynAck(ack: 0);

        Assert.Equal(uint.MaxValue, net.Sighting.InitialSequence);
    }

    /// <summary>RFC 7413: the SYN carries data, and its SYN-ACK acknowledges it too.</summary>
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_fast_open_is_one_connection(Side side)
    {
        Trace net = new Trace(side)
            .At(0).Syn(seq: 100).At(0.2).SynAck(ack: 601).At(0.3).Ack()
            .At(2).Fin(By.Server).At(3).Fin(By.Client).At(4).SynAck(ack: 601)
            .At(1000).Counted(toServer: (4, 700), toClient: (4, 900)).Time(1000).Time(2000);

        Assert.Equal((State.Established, DropReason.Unspecified, "", true), Outcome(net.Sighting));
        Assert.Equal(100u, net.Sighting.InitialSequence);
        Assert.Equal(700u, net.Sighting.BytesToServer);
    }

    private static (State State, DropReason Reason, string Detail, bool Ended) Outcome(Sighting sighting) =>
        (sighting.State, sighting.DropReason, sighting.DropReasonDetail, sighting.Ended);
}
