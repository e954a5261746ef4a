using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>Who opened a flow whose opening was not seen: the connection tracker knows, before the ports are compared.</summary>
public class OpenerTests
{
    private static readonly IPEndPoint Pod = IPEndPoint.Parse("10.244.0.2:2001"), Peer = IPEndPoint.Parse("10.244.1.3:50000");
    private static readonly IPEndPoint Service = IPEndPoint.Parse("10.96.0.10:80");

    private int _queries;

    /// <summary>The ports suggest the opposite.</summary>
    [Theory]
    [InlineData(Side.Client, TransportProtocol.Tcp)]
    [InlineData(Side.Server, TransportProtocol.Tcp)]
    [InlineData(Side.Client, TransportProtocol.Udp)]
    [InlineData(Side.Server, TransportProtocol.Udp)]
    internal void A_flow_older_than_the_agent_has_the_client_that_the_tracker_knows(Side side, TransportProtocol protocol)
    {
        Trace net = Net(side, Pod, Peer, Flow(Pod, Peer, Peer), protocol);
        net.At(500).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000).Time(2000);

        Assert.Equal((side, State.Established, false), (net.Sighting.Side, net.Sighting.State, net.Sighting.Guessed));
        Assert.Equal((2001u, 50_000u), (net.Sighting.ClientPort, net.Sighting.ServerPort));
        Assert.Equal((60u, 90u), (net.Sighting.BytesToServer, net.Sighting.BytesToClient));
        Assert.Equal(1, _queries);
    }

    [Fact]
    public void At_the_client_s_interface_the_server_after_translation_is_reported()
    {
        Trace net = Net(Side.Client, Pod, Service, Flow(Pod, Service, Peer));
        net.At(500).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000).Time(2000);

        Assert.Equal((2001u, 80u, false), (net.Sighting.ClientPort, net.Sighting.ServerPort, net.Sighting.Guessed));
        Assert.Equal((2001u, 50_000u), (net.Sighting.TranslatedClientPort, net.Sighting.TranslatedServerPort));
        Assert.True(net.Sighting.OriginalServerAddress.IsEmpty);
    }

    [Fact]
    public void At_the_server_s_interface_the_service_before_translation_is_reported()
    {
        Trace net = Net(Side.Server, Pod, Peer, Flow(Pod, Service, Peer));
        net.At(500).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000).Time(2000);

        Assert.Equal((2001u, 50_000u, false), (net.Sighting.ClientPort, net.Sighting.ServerPort, net.Sighting.Guessed));
        Assert.Equal((2001u, 80u), (net.Sighting.OriginalClientPort, net.Sighting.OriginalServerPort));
        Assert.True(net.Sighting.TranslatedServerAddress.IsEmpty);
    }

    /// <summary>The last packets of a connection can be read after it was removed.</summary>
    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    internal void Packets_of_a_connection_that_both_ends_have_closed_open_none(Side side)
    {
        Trace net = Net(side, Pod, Peer, Flow(Pod, Peer, Peer) with { IsOver = true });
        net.At(500).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000).Time(2000);

        Assert.Empty(net.Sightings);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void After_a_silence_a_udp_server_that_speaks_first_stays_the_server(Side side)
    {
        IPEndPoint client = IPEndPoint.Parse("10.244.0.2:40014"), server = IPEndPoint.Parse("10.244.1.3:5000");
        Trace net = Net(side, client, server, Flow(client, server, server), TransportProtocol.Udp);
        net.At(0).Datagram(By.Client).At(1).Datagram(By.Server).Time(1000).Time(70_000).At(80_000).Datagram(By.Server).Time(81_000);

        Assert.Equal(2, net.Sightings.Count);
        Assert.All(net.Sightings, sighting => Assert.Equal((side, 40_014u), (sighting.Side, sighting.ClientPort)));
        Assert.All(net.Sightings, sighting => Assert.Equal((State.Established, false), (sighting.State, sighting.Guessed)));
        Assert.Equal(1, _queries); // the client's ports show that it is the client
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void After_a_silence_a_server_on_an_ephemeral_port_stays_the_server(Side side)
    {
        Trace net = Net(side, Pod, Peer, Flow(Pod, Peer, Peer), TransportProtocol.Udp);
        net.At(0).Datagram(By.Client).At(1).Datagram(By.Server).Time(1000).Time(70_000).At(80_000).Datagram(By.Server).Time(81_000);

        Assert.Equal(2, net.Sightings.Count);
        Assert.All(net.Sightings, sighting => Assert.Equal((side, 2001u), (sighting.Side, sighting.ClientPort)));
        Assert.All(net.Sightings, sighting => Assert.Equal((State.Established, false), (sighting.State, sighting.Guessed)));
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_server_on_an_ephemeral_port_that_speaks_first_after_the_agent_started_is_the_server(Side side)
    {
        Trace net = Net(side, Pod, Peer, Flow(Pod, Peer, Peer), TransportProtocol.Udp, started: -100_000);
        net.At(0).Datagram(By.Server);

        Assert.Equal((side, 2001u, State.Established), (net.Sighting.Side, net.Sighting.ClientPort, net.Sighting.State));
        Assert.False(net.Sighting.Guessed);
    }

    [Theory]
    [InlineData(Side.Client)]
    [InlineData(Side.Server)]
    public void A_server_that_speaks_first_to_a_system_port_is_the_server(Side side)
    {
        IPEndPoint client = new(Pod.Address, 500), server = new(Peer.Address, 5000);
        Trace net = Net(side, client, server, Flow(client, server, server), TransportProtocol.Udp);
        net.At(0).Datagram(By.Server);

        Assert.Equal((side, 500u, State.Established), (net.Sighting.Side, net.Sighting.ClientPort, net.Sighting.State));
    }

    [Theory]
    [InlineData(40_000, 53)]
    [InlineData(40_000, 8125)]
    public void The_first_packet_of_an_ordinary_client_costs_no_query(int from, int to)
    {
        Trace net = new(Side.Client, TransportProtocol.Udp, tracker: Count)
        {
            Client = new(Pod.Address, from),
            Server = new(Peer.Address, to),
        };
        net.At(0).Datagram(By.Client).At(1).Datagram(By.Server);

        Assert.Equal((0, (uint)from), (_queries, net.Sighting.ClientPort));

        TrackedFlow? Count(TransportProtocol asked, in PacketEnds packet)
        {
            _queries++;
            return null;
        }
    }

    [Fact]
    public void Without_an_entry_the_ports_decide_and_the_flow_is_guessed()
    {
        Trace net = Net(Side.Client, Pod, Peer, default);
        net.At(500).Counted(toServer: (1, 60), toClient: (1, 90)).Time(1000).Time(2000);

        Assert.Equal((50_000u, true), (net.Sighting.ClientPort, net.Sighting.Guessed));
    }

    private Trace Net(
        Side side, IPEndPoint client, IPEndPoint server, TrackedFlow entry, TransportProtocol protocol = TransportProtocol.Tcp,
        double started = -900_000)
    {
        return new Trace(side, protocol, started: started, tracker: Query) { Client = client, Server = server };

        TrackedFlow? Query(TransportProtocol asked, in PacketEnds packet)
        {
            _queries++;
            return asked == protocol && (packet == entry.Original || packet == entry.Reply) ? entry : null;
        }
    }

    private static TrackedFlow Flow(IPEndPoint client, IPEndPoint called, IPEndPoint server) =>
        new(Ends(client, called), Ends(server, client));

    private static PacketEnds Ends(IPEndPoint source, IPEndPoint destination) =>
        new(Address.From(source.Address), Port.From(source.Port), Address.From(destination.Address), Port.From(destination.Port));
}
