using Depmap.Relay.Flows;
using Depmap.Relay.Intake;
using Depmap.Relay.Names;
using Google.Protobuf;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class HostConnectionsTests
{
    private const long Opened = 1_000 * UnixTime.Second;
    private readonly HostConnections _connections = new(capacity: 4);

    [Theory]
    [InlineData("10.244.2.3", 8080, "a")] // a backend of cart's service
    [InlineData("10.244.3.9", 9090, "a")] // the translated server
    [InlineData("10.244.2.4", 8080, null)]
    [InlineData("10.244.2.3", 8081, null)]
    public void A_connection_is_found_by_its_server_or_by_a_backend_of_its_service(string server, int port, string? pod)
    {
        _connections.Add("node-a", new HostConnection("a", 50001, PodOnNodeC, 50001, CartService, Opened));
        Assert.Equal(pod, PodOf("node-a", 50001, ParseEndpoint(server, port)));
    }

    [Theory]
    [InlineData(50001, "a")]
    [InlineData(40001, "a")]
    [InlineData(40002, null)]
    public void A_masqueraded_connection_is_found_by_both_client_ports(ushort port, string? pod)
    {
        _connections.Add("node-a", new HostConnection("a", 50001, Cart, 40001, CartService, Opened));
        Assert.Equal(pod, PodOf("node-a", port, Cart));
    }

    [Fact]
    public void A_connection_is_not_found_for_another_node_or_port()
    {
        _connections.Add("node-a", new HostConnection("a", 50001, Cart, 50001, Cart, Opened));
        Assert.Null(PodOf("node-b", 50001, Cart));
        Assert.Null(PodOf("node-a", 50002, Cart));
    }

    [Fact]
    public void Two_pods_that_use_the_same_port_have_their_own_connections()
    {
        _connections.Add("node-a", new HostConnection("a", 50001, Cart, 50001, Cart, Opened));
        _connections.Add("node-a", new HostConnection("b", 50001, PodOnNodeC, 50001, PodOnNodeC, Opened));
        Assert.Equal(("a", "b"), (PodOf("node-a", 50001, Cart), PodOf("node-a", 50001, PodOnNodeC)));
    }

    [Theory]
    [InlineData(0, "a")]
    [InlineData(0.9, "a")]
    [InlineData(1.1, "b")]
    [InlineData(5, "b")]
    [InlineData(-3, "a")]
    [InlineData(-3.1, null)]
    [InlineData(5.1, null)]
    public void Of_two_connections_with_the_same_endpoints_the_closest_in_time_is_found(double seconds, string? pod)
    {
        _connections.Add("node-a", new HostConnection("a", 50001, Cart, 50001, Cart, Opened));
        _connections.Add("node-a", new HostConnection("b", 50001, Cart, 50001, Cart, Opened + (2 * UnixTime.Second)));
        Assert.Equal(pod, PodOf("node-a", 50001, Cart, Opened + (long)(seconds * UnixTime.Second)));
    }

    [Fact]
    public void The_oldest_connection_is_evicted_first()
    {
        for (ushort port = 1; port <= 5; port++)
            _connections.Add("node-a", new HostConnection("a", port, Cart, port, Cart, Opened));
        Assert.Equal([null, "a", "a", "a", "a"], Enumerable.Range(1, 5).Select(port => PodOf("node-a", (ushort)port, Cart)));
    }

    [Fact]
    public void An_agent_that_reports_very_many_connections_evicts_its_own()
    {
        _connections.Add("node-a", new HostConnection("a", 1, Cart, 1, Cart, Opened));
        for (ushort port = 1; port <= 100; port++)
            _connections.Add("node-b", new HostConnection("b", port, Cart, port, Cart, Opened));
        _connections.Add("node-c", new HostConnection("c", 1, Cart, 1, Cart, Opened));
        Assert.Equal(("a", "c"), (PodOf("node-a", 1, Cart), PodOf("node-c", 1, Cart)));
        Assert.Equal([null, null, "b", "b"], Enumerable.Range(97, 4).Select(port => PodOf("node-b", (ushort)port, Cart)));
    }

    [Fact]
    public void An_invalid_message_is_ignored()
    {
        V1.HostConnection right = new()
        {
            PodUid = "a",
            ClientPort = 50001,
            SocketPort = 40001,
            ServerPort = 8080,
            ServerAddress = ByteString.CopyFrom(10, 244, 2, 3),
            AskedPort = 80,
            AskedAddress = ByteString.CopyFrom(10, 96, 0, 10),
            TimeUnixNs = 5,
        };
        Assert.Equal([new HostConnection("a", 50001, Cart, 40001, CartService, 5)], HostConnectionMessage.ReadAll(
        [
            With(m => m.PodUid = ""),
            With(m => m.PodUid = new string('a', 65)),
            With(m => m.ClientPort = 0),
            With(m => m.ClientPort = 65536),
            With(m => m.SocketPort = 0),
            With(m => m.ServerPort = 0),
            With(m => m.AskedPort = 65536),
            With(m => m.AskedAddress = ByteString.Empty),
            With(m => m.ServerAddress = ByteString.CopyFrom(1, 2, 3)),
            With(m => m.TimeUnixNs = long.MinValue),
            right,
        ], new ReportedTime(received: Opened)));

        V1.HostConnection With(Action<V1.HostConnection> change)
        {
            V1.HostConnection message = right.Clone();
            change(message);
            return message;
        }
    }

    private string? PodOf(string node, ushort port, AddressPort server, long opened = Opened) =>
        _connections.Find(node, port, server, CreateNames().Services, opened)?.PodUid;
}
