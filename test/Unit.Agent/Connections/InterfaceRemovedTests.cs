using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class InterfaceRemovedTests
{
    [Fact]
    public void The_connections_of_a_removed_interface_end_and_no_others()
    {
        Trace net = new Trace { Interface = 7 }.Handshake();
        net.Protocol = TransportProtocol.Udp;
        net.At(2).Datagram(By.Client);
        net.Interface = 8;
        net.At(3).Datagram(By.Client);

        net.At(500).InterfaceRemoved(7).Time(1000).Time(2000);

        Assert.Equal([true, true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(State.Established, net.Sightings[0].State);
        net.Time(7000);
        Assert.Equal(1, net.Table.Count);
    }

    [Fact]
    public void The_last_counts_belong_to_the_ended_connections_and_open_nothing()
    {
        Trace net = new Trace().Handshake().At(500).InterfaceRemoved(7)
            .At(1000).Counted(toServer: (3, 300), toClient: (2, 200), lastMs: 499);
        for (int second = 1; second < 9; second++)
            net.Time(second * 1000);

        Assert.True(net.Sighting.Ended);
        Assert.Equal((300u, 200u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void Pending_counts_are_removed_with_the_interface()
    {
        Trace net = new Trace().At(900).Counted(toServer: (3, 300), toClient: (2, 200))
            .Time(1000).InterfaceRemoved(7).Time(2000).Time(3000);

        Assert.Empty(net.Sightings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reused_index_has_its_own_connections(bool isTcp)
    {
        Trace net = new(Side.Client, isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        net.At(0).Open(seq: 100).At(500).InterfaceRemoved(7).At(700).Open(seq: 900_000).Time(1000).Time(2000);

        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(Trace.UnixTime(700), net.Sightings[1].OpenedUnixNs);
    }
}
