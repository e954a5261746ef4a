using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class PortReuseTests
{
    public enum End
    {
        Fin,
        Reset,
        Unseen,
        Refused,
        TimedOut,
    }

    public static TheoryData<Side, End> Ends()
    {
        TheoryData<Side, End> ends = [];
        foreach (End end in Enum.GetValues<End>())
        {
            ends.Add(Side.Client, end);
            ends.Add(Side.Server, end);
        }

        return ends;
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public void A_reused_port_starts_a_new_connection(Side side, End end)
    {
        Trace net = new(side);
        bool opened = end is End.Fin or End.Reset or End.Unseen;
        if (opened)
            net.Handshake(ms: 0, seq: 100);
        else
            net.At(0).Syn(seq: 100);
        if (end == End.Fin)
            net.At(10).Fin(By.Client).At(11).Fin(By.Server);
        else if (end == End.Reset)
            net.At(10).Reset(By.Client);
        else if (end == End.Refused)
            net.At(10).Reset(By.Server, ack: 101);
        else if (end == End.TimedOut)
            net.Time(6000);

        // The old connection's slot is evicted just before.
        FlowFlags clientFlags = opened ? FlowFlags.Syn | FlowFlags.Ack : FlowFlags.Syn;
        net.At(6500).Counted(toServer: (5, 600), toClient: (4, 900), lastMs: 11, clientFlags: clientFlags);
        net.Handshake(ms: 6500, seq: 900_000).At(7000).Counted(toServer: (1, 60), toClient: (1, 60)).Time(7000);

        Assert.Collection(
            net.Sightings,
            old =>
            {
                Assert.True(old.Ended);
                Assert.Equal(100u, old.InitialSequence);
                Assert.Equal((600u, 900u), (old.BytesToServer, old.BytesToClient));
                Assert.InRange(old.LastUnixNs, Trace.UnixTime(0), Trace.UnixTime(11));
            },
            recent =>
            {
                Assert.False(recent.Ended);
                Assert.Equal(State.Established, recent.State);
                Assert.Equal(900_000u, recent.InitialSequence);
                Assert.Equal(Trace.UnixTime(6500), recent.OpenedUnixNs);
                Assert.Equal((60u, 60u), (recent.BytesToServer, recent.BytesToClient));
            });
    }

    [Fact]
    public void The_syn_ack_shows_a_reused_port_if_the_syn_was_lost()
    {
        Trace net = new Trace().Handshake(seq: 100).At(5000).SynAck(ack: 900_001);

        Assert.Equal([100u, 900_000u], net.Sightings.Select(sighting => sighting.InitialSequence));
        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
    }

    [Fact]
    public void Late_counts_of_the_old_connection_by_another_cpu_establish_nothing()
    {
        Trace net = new Trace().Handshake(seq: 100).At(100).Reset(By.Client).At(300).Syn(seq: 900_000);

        net.At(1000).Counted(toServer: (3, 180), lastMs: 100, clientFlags: FlowFlags.Ack).Time(1000);

        Assert.Equal([State.Established, State.Opening], net.Sightings.Select(sighting => sighting.State));
    }

    [Fact]
    public void Client_and_server_may_change_roles()
    {
        Trace net = new Trace(Side.Client).Handshake().At(10).Fin(By.Client).At(11).Fin(By.Server);
        net.At(500).Syn(seq: 900_000, by: By.Server).At(501).SynAck(ack: 900_001, by: By.Client).At(502).Ack(By.Server);

        Assert.Equal([Side.Client, Side.Server], net.Sightings.Select(sighting => sighting.Side));
        Assert.Equal([43210u, 80u], net.Sightings.Select(sighting => sighting.ClientPort));
        Assert.All(net.Sightings, sighting => Assert.Equal(State.Established, sighting.State));
    }
}
