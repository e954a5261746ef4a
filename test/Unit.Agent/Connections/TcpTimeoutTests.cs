using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class TcpTimeoutTests
{
    [Fact]
    public void Two_retransmissions_without_a_reply_are_a_timeout()
    {
        Trace net = new Trace().At(0).Syn().At(1000).Syn().Time(1500).Time(2500);
        Assert.Equal(State.Opening, net.Sighting.State);

        net.At(3000).Syn().Time(3500);
        Assert.Equal(State.Opening, net.Sighting.State); // an ICMP error may still arrive

        net.Time(4500);

        Assert.Equal(State.Dropped, net.Sighting.State);
        Assert.Equal(DropReason.Timeout, net.Sighting.DropReason);
        Assert.False(net.Sighting.Ended);
    }

    /// <summary>
    /// Linux 6.5 and later retransmits each second at first (tcp_syn_linear_timeouts). Without a neighbour, the kernel gives up
    /// after 3 s or, if its timers are late, a little more.
    /// </summary>
    [Fact]
    public void Retransmissions_each_second_leave_an_error_as_much_time()
    {
        Trace net = new Trace().At(0).Syn().At(1020).Syn().At(2050).Syn().Time(3100).At(3110).Syn().Time(3900);
        Assert.Equal(State.Opening, net.Sighting.State);

        net.At(3950).Unreachable(code: 1);

        Assert.Equal((DropReason.Unreachable, "HOST_UNREACHABLE"), (net.Sighting.DropReason, net.Sighting.DropReasonDetail));
    }

    [Fact]
    public void Retransmissions_each_second_time_out_4_s_after_the_first()
    {
        Trace net = new Trace().At(0).Syn().At(1000).Syn().At(2000).Syn().At(3000).Syn().At(4000).Syn().Time(4100);

        Assert.Equal((State.Dropped, DropReason.Timeout), (net.Sighting.State, net.Sighting.DropReason));
    }

    [Theory]
    [InlineData(5000, State.Opening)]
    [InlineData(5001, State.Dropped)]
    public void A_client_that_gives_up_early_times_out_5_s_after_its_last_syn(double ms, State expected)
    {
        Assert.Equal(expected, new Trace().At(0).Syn().Time(ms).Sighting.State);
        Assert.Equal(expected, new Trace().At(0).Syn().At(1000).Syn().Time(1000 + ms).Sighting.State);
    }

    [Fact]
    public void A_timeout_is_reported_once_and_its_end_once()
    {
        Trace net = new Trace().At(0).Syn().Report().Time(6000).Report();
        Assert.Equal(2, net.Updates);

        for (int second = 7; second <= 130; second++)
            net.Time(second * 1000).Report();
        Assert.Equal(2, net.Updates);
        net.Time(131_000).Time(132_000).Report();

        Assert.Equal(3, net.Updates);
        Assert.True(net.Sighting.Ended);
        Assert.Equal(DropReason.Timeout, net.Sighting.DropReason);
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void The_last_retransmission_after_63_s_is_the_same_connection()
    {
        Trace net = new Trace();
        foreach (double ms in (double[])[0, 1000, 3000, 7000, 15_000, 31_000, 63_000])
            net.At(ms).Syn().At(ms + 500).Counted(toServer: (1, 60), clientFlags: FlowFlags.Syn).Time(ms + 1000);

        net.Time(65_000);
        Assert.Equal(1u, net.Sighting.Id);
        Assert.Equal(420u, net.Sighting.BytesToServer);
        Assert.Equal(DropReason.Timeout, net.Sighting.DropReason);
    }

    [Fact]
    public void A_late_reply_revokes_the_timeout()
    {
        Trace net = new Trace().At(0).Syn().At(1000).Syn().At(3000).Syn().Time(4500);
        Assert.Equal(State.Dropped, net.Sighting.State);

        net.At(7000).Syn().At(7001).SynAck();

        Assert.Equal(State.Established, net.Sighting.State);
        Assert.Equal(DropReason.Unspecified, net.Sighting.DropReason);
        Assert.Equal(7_001_000_000u, net.Sighting.HandshakeNs);
    }

    [Fact]
    public void A_late_refusal_replaces_the_timeout()
    {
        Trace net = new Trace().At(0).Syn().At(1000).Syn().At(3000).Syn().Time(4500).At(7000).Syn().At(7001).Reset(By.Server, ack: 101);

        Assert.Equal(DropReason.Refused, net.Sighting.DropReason);
    }

    [Fact]
    public void At_the_server_there_is_no_timeout()
    {
        // The SYN was delivered. The client's interface shows whether the pod replies.
        Trace net = new Trace(Side.Server).At(0).Syn().At(1000).Syn().At(3000).Syn().Time(4000).Time(60_000);
        Assert.Equal((State.Opening, false), (net.Sighting.State, net.Sighting.Ended));

        net.Time(134_000);

        Assert.Equal((State.Opening, true), (net.Sighting.State, net.Sighting.Ended));
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void A_syn_ack_without_the_client_s_ack_stays_open_until_it_expires()
    {
        Trace net = new Trace(Side.Server).At(0).Syn().At(0.1).SynAck().At(1000).SynAck().Time(10_000);
        Assert.Equal((State.Opening, false), (net.Sighting.State, net.Sighting.Ended));

        net.Time(132_000);

        Assert.Equal((State.Opening, true), (net.Sighting.State, net.Sighting.Ended));
    }
}
