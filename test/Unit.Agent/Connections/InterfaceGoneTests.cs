using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

public class InterfaceGoneTests
{
    [Fact]
    public void Its_connections_end_and_no_others()
    {
        Trace net = new Trace { Interface = 7 }.Handshake();
        net.Protocol = TransportProtocol.Udp;
        net.At(2).Datagram(By.Client);
        net.Interface = 8;
        net.At(3).Datagram(By.Client);

        net.At(500).InterfaceGone(7).Time(1000).Time(2000);

        Assert.Equal([true, true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(State.Established, net.Sightings[0].State);
        net.Time(7000);
        Assert.Equal(1, net.Table.Count);
    }

    [Fact]
    public void What_its_last_second_counted_is_theirs_and_opens_nothing()
    {
        Trace net = new Trace().Handshake().At(500).InterfaceGone(7)
            .At(1000).Counted(toServer: (3, 300), toClient: (2, 200), lastMs: 499);
        for (int second = 1; second < 9; second++)
            net.Time(second * 1000);

        Assert.True(net.Sighting.Ended);
        Assert.Equal((300u, 200u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
        Assert.Equal(0, net.Table.Count);
    }

    [Fact]
    public void Counts_that_wait_for_their_opening_wait_no_longer()
    {
        Trace net = new Trace().At(900).Counted(toServer: (3, 300), toClient: (2, 200)).Time(1000).InterfaceGone(7).Time(2000).Time(3000);

        Assert.Empty(net.Sightings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_index_used_again_has_connections_of_its_own(bool isTcp)
    {
        Trace net = new(Side.Client, isTcp ? TransportProtocol.Tcp : TransportProtocol.Udp);
        net.At(0).Open(seq: 100).At(500).InterfaceGone(7).At(700).Open(seq: 900_000).Time(1000).Time(2000);

        Assert.Equal([true, false], net.Sightings.Select(sighting => sighting.Ended));
        Assert.Equal(Trace.UnixTime(700), net.Sightings[1].OpenedUnixNs);
    }
}
