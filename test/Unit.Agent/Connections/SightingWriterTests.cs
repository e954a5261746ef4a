using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Agent.Tests.Connections;

public class SightingWriterTests
{
    [Theory]
    [InlineData(Side.Client, "10.244.0.2", "10.96.0.10")]
    [InlineData(Side.Server, "10.244.0.2", "10.96.0.10")]
    [InlineData(Side.Client, "fd00:1::2", "fd00:2::a")]
    [InlineData(Side.Server, "fd00:1::2", "fd00:2::a")]
    [InlineData(Side.Client, "::2", "::1")]
    public void Every_field_is_written(Side side, string client, string server)
    {
        Trace net = new(side) { Client = new(IPAddress.Parse(client), 43210), Server = new(IPAddress.Parse(server), 80) };
        net.Table.SetAppeared(net.Interface, Trace.UnixTime(-5000) - Trace.BootTime);
        net.At(0).Syn(seq: 100).At(1000).Syn(seq: 100).At(1000.25).SynAck(ack: 101).At(1001).Ack()
            .At(1400).Fin(By.Client).At(1401).Fin(By.Server)
            .At(2000).Counted(toServer: (5, 600), toClient: (4, 900), lastMs: 1402).Time(2000).Time(3000);

        Sighting expected = new()
        {
            Id = 1,
            Protocol = Protocol.Tcp,
            Side = side,
            State = State.Established,
            Ended = true,
            ClientAddress = ByteString.CopyFrom(IPAddress.Parse(client).GetAddressBytes()),
            ClientPort = 43210,
            ServerAddress = ByteString.CopyFrom(IPAddress.Parse(server).GetAddressBytes()),
            ServerPort = 80,
            OpenedUnixNs = Trace.UnixTime(0),
            LastUnixNs = Trace.UnixTime(1402),
            HasInitialSequence = true,
            InitialSequence = 100,
            HandshakeNs = 1_000_250_000,
            BytesToServer = 600,
            BytesToClient = 900,
            PacketsToServer = 5,
            PacketsToClient = 4,
            InterfaceSinceUnixNs = Trace.UnixTime(-5000),
        };
        Assert.Equal(expected, net.Sighting);
    }

    [Theory]
    [InlineData(Side.Server, "10.244.0.1", true)]
    [InlineData(Side.Server, "fd00:10:244::1", true)]
    [InlineData(Side.Server, "10.244.0.2", false)]
    [InlineData(Side.Client, "10.244.0.1", false)] // at the client's interface the client is the pod
    public void A_client_with_one_of_the_node_s_addresses_is_the_node(Side side, string client, bool isNode)
    {
        Trace net = new(side) { Client = new(IPAddress.Parse(client), 43210), Node = ["10.244.0.1", "fd00:10:244::1", "127.0.0.1"] };

        net.At(0).Syn(seq: 100).At(1).SynAck(ack: 101).At(2).Ack();

        Assert.Equal(isNode, net.Sighting.ClientIsNode);
    }

    [Fact]
    public void A_drop_in_the_node_is_written_from_its_client()
    {
        Connection dropped = new()
        {
            Key = new(new Trace().Key with { Interface = 0 }, TransportProtocol.Udp),
            Id = 9,
            Side = Side.Node,
            Opened = 5,
            Last = 6,
            State = State.Dropped,
            DropReason = DropReason.Policy,
            DropDetail = "NETFILTER_DROP",
            Original = new(
                Address.From(IPAddress.Parse("10.244.0.9")), Port.From(1), Address.From(IPAddress.Parse("10.96.0.99")), Port.From(2)),
        };

        Sighting expected = new()
        {
            Id = 9,
            Protocol = Protocol.Udp,
            Side = Side.Node,
            State = State.Dropped,
            ClientAddress = ByteString.CopyFrom(10, 244, 0, 2),
            ClientPort = 43210,
            ServerAddress = ByteString.CopyFrom(10, 96, 0, 10),
            ServerPort = 80,
            OpenedUnixNs = 1005,
            LastUnixNs = 1006,
            DropReason = DropReason.Policy,
            DropReasonDetail = "NETFILTER_DROP",
            OriginalClientAddress = ByteString.CopyFrom(10, 244, 0, 9),
            OriginalClientPort = 1,
            OriginalServerAddress = ByteString.CopyFrom(10, 96, 0, 99),
            OriginalServerPort = 2,
        };
        Assert.Equal(expected, SightingWriter.Write(dropped, bootTime: 1000, new HashSet<Address>()));
    }
}
