using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class TcpClosingTests
{
    [Theory]
    [InlineData(Side.Client, By.Client, By.Server)]
    [InlineData(Side.Client, By.Server, By.Client)]
    [InlineData(Side.Server, By.Client, By.Server)]
    [InlineData(Side.Server, By.Server, By.Client)]
    public void A_connection_ends_after_both_fins_and_the_last_counts(Side side, By first, By second)
    {
        Trace net = new Trace(side).Handshake().At(100).Fin(first).At(200).Fin(second);

        net.At(1000).Counted(toServer: (5, 600), toClient: (4, 900)).Time(1000);
        Assert.False(net.Sighting.Ended);
        net.At(2000).Counted(toServer: (1, 52), lastMs: 201).Time(2000);

        Sighting sighting = net.Sighting;
        Assert.True(sighting.Ended);
        Assert.Equal(State.Established, sighting.State);
        Assert.Equal((652u, 900u), (sighting.BytesToServer, sighting.BytesToClient));
        Assert.Equal((6u, 4u), (sighting.PacketsToServer, sighting.PacketsToClient));
    }

    [Theory]
    [InlineData(By.Client)]
    [InlineData(By.Server)]
    public void A_half_closed_connection_is_open(By by)
    {
        Trace net = new Trace().Handshake().At(100).Fin(by).At(400).Fin(by);
        for (int second = 1; second < 1000; second++)
            net.Time(second * 1000);
        net.At(1_000_000).Counted(toServer: (9, 9000), toClient: (9, 9000)).Time(1_000_000);

        Assert.False(net.Sighting.Ended);
        Assert.Equal(9000u, net.Sighting.BytesToServer);
    }

    [Theory]
    [InlineData(Side.Client, By.Client)]
    [InlineData(Side.Client, By.Server)]
    [InlineData(Side.Server, By.Client)]
    [InlineData(Side.Server, By.Server)]
    public void A_reset_closes_an_established_connection_without_a_failure(Side side, By by)
    {
        Trace net = new Trace(side).Handshake().At(100).Reset(by).Time(1000).Time(2000);

        Assert.Equal((State.Established, DropReason.Unspecified, true), (net.Sighting.State, net.Sighting.DropReason, net.Sighting.Ended));
    }

    [Fact]
    public void An_idle_connection_stays_open()
    {
        Trace net = new Trace().Handshake().Time(86_400_000);

        Assert.Equal((State.Established, false), (net.Sighting.State, net.Sighting.Ended));
        Assert.Equal(1, net.Table.Count);
    }

    [Fact]
    public void The_end_is_reported_once_and_the_connection_is_removed_after_its_late_packets()
    {
        Trace net = new Trace().Handshake().At(10).Fin(By.Client).At(11).Fin(By.Server).Time(1000).Report();
        Assert.Equal(1, net.Updates);

        net.Time(2000).Report().Time(3000).Report().Time(5000).Report();
        Assert.Equal(2, net.Updates);
        Assert.Equal(1, net.Table.Count);
        net.Time(6000).Report();

        Assert.Equal(2, net.Updates);
        Assert.Equal(0, net.Table.Count);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(2500)]
    [InlineData(4500)]
    [InlineData(9000)]
    public void Late_packets_open_nothing(double ms)
    {
        Trace net = new Trace().Handshake().At(10).Fin(By.Client).At(11).Fin(By.Server);
        for (double second = 1000; second <= ms; second += 1000)
            net.Time(second);

        net.At(ms).Fin(By.Server).Ack().Reset(By.Client);
        if (ms < 5000)
            net.SynAck(ack: 101);
        net.Counted(
            toServer: (1, 52), toClient: (1, 52),
            clientFlags: FlowFlags.Ack | FlowFlags.Rst, serverFlags: FlowFlags.Fin | FlowFlags.Ack);
        for (int more = 1; more < 9; more++)
            net.Time(ms + more * 1000);

        Assert.True(net.Sighting.Ended);
    }
}
