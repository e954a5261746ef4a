using CsCheck;
using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;
using NodeTraffic = Depmap.V1.NodeTraffic;

namespace Depmap.Relay.Tests.Map;

public class ZonesTests
{
    private static readonly NodeTable Nodes = new([Node("a", "z1"), Node("b", "z1"), Node("c", "z2"), Node("d", null)]);

    private readonly EdgeMap _map = new(capacity: 100);

    private static NodeObject Node(string name, string? zone) => new(name, []) { Zone = zone };

    private static NamedFlow Flow(string from, string to, ulong bytes = 10, bool dropped = false) => new()
    {
        Time = 10,
        Decision = dropped ? new Decision(Verdict.Dropped, DropReason.Refused) : new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = ParseEndpoint("10.244.0.1", 40_000),
        Destination = ParseEndpoint("10.244.0.2", 80),
        SourceOwner = new Owner(from, "shop", "web-1", "Deployment/web"),
        DestinationOwner = new Owner(to, "shop", "cart-1", "Deployment/cart"),
        Node = from,
        BytesToServer = bytes,
        BytesToClient = 2 * bytes,
        HandshakeNs = dropped ? 0 : bytes,
    };

    private Edge Read(bool withNodes = false) => Assert.Single(_map.Read(withNodes).Edges);

    [Fact]
    public void Bytes_are_counted_within_and_across_zones_and_neither_without_a_zone()
    {
        (string, string, ulong)[] flows = [("a", "b", 1), ("a", "c", 100), ("c", "a", 1_000), ("a", "d", 9)];
        foreach ((string from, string to, ulong bytes) in flows)
            _map.Put(null, Flow(from, to, bytes), Nodes);
        Edge edge = Read();
        Assert.Equal((3UL, 3_300UL), (edge.BytesWithinZone, edge.BytesAcrossZones));
        Assert.Equal(3_330UL, edge.BytesToServer + edge.BytesToClient);
        Assert.Empty(edge.Nodes);
        Assert.Equal(4UL, edge.Handshakes);
    }

    [Fact]
    public void A_flow_that_grows_or_gets_another_node_is_counted_once()
    {
        EdgeShare share = _map.Put(null, Flow("a", "b"), Nodes);
        share = _map.Put(share, Flow("a", "b", 20), Nodes);
        Assert.Equal((60UL, 0UL), (Read().BytesWithinZone, Read().BytesAcrossZones));
        share = _map.Put(share, Flow("a", "c", 20), Nodes);
        Assert.Equal((0UL, 60UL), (Read().BytesWithinZone, Read().BytesAcrossZones));
        NodeTraffic pair = Assert.Single(Read(withNodes: true).Nodes);
        Assert.Equal(("a", "z1", "c", "z2"), (pair.SourceNode, pair.SourceZone, pair.DestinationNode, pair.DestinationZone));
        Assert.Equal((1UL, 0UL, 20UL, 40UL, 1UL, 20UL),
            (pair.Forwarded, pair.Dropped, pair.BytesToServer, pair.BytesToClient, pair.Handshakes, pair.HandshakeMeanNs));
    }

    [Fact]
    public void Pairs_of_nodes_have_their_drops()
    {
        _map.Put(null, Flow("a", "b"), Nodes);
        _map.Put(null, Flow("a", "c", dropped: true), Nodes);
        Assert.Equal(
            [("b", 1UL, 0UL, 0), ("c", 0UL, 1UL, 1)],
            Read(withNodes: true).Nodes.Select(pair => (pair.DestinationNode, pair.Forwarded, pair.Dropped, pair.Drops.Count)));
    }

    [Fact]
    public void Beyond_the_maximum_further_pairs_share_one_without_names()
    {
        for (int i = 0; i < 70; i++)
            _map.Put(null, Flow("a", $"node-{i}"), Nodes);
        Edge edge = Read(withNodes: true);
        Assert.Equal(65, edge.Nodes.Count);
        Assert.Equal(("", "", 6UL), (edge.Nodes[64].SourceNode, edge.Nodes[64].DestinationNode, edge.Nodes[64].Forwarded));
    }

    // In a map so small that edges are removed and come back.
    [Fact]
    public void The_pairs_of_nodes_always_add_up_to_their_edge() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 3], Gen.Int[0, 3], Gen.ULong[0, 100], Gen.Bool, Gen.Int[1, 3]).Array[1, 60].Sample(steps =>
        {
            var map = new EdgeMap(capacity: 2);
            var shares = new EdgeShare?[8];
            foreach ((int flow, int from, int to, ulong bytes, bool dropped, int port) in steps)
            {
                NamedFlow named = Flow($"{(char)('a' + from)}", $"{(char)('a' + to)}", bytes, dropped);
                shares[flow] = map.Put(
                    shares[flow], named with { Destination = named.Destination with { Port = (ushort)port } }, Nodes);
            }

            foreach (Edge edge in map.Read(withNodes: true).Edges)
            {
                Assert.Equal(edge.Forwarded, Sum(edge, pair => pair.Forwarded));
                Assert.Equal(edge.Dropped, Sum(edge, pair => pair.Dropped));
                Assert.Equal(edge.BytesToClient, Sum(edge, pair => pair.BytesToClient));
                Assert.Equal(edge.Handshakes, Sum(edge, pair => pair.Handshakes));
                Assert.Equal(edge.BytesAcrossZones, Sum(edge, pair => Crosses(pair) ? pair.BytesToServer + pair.BytesToClient : 0));
            }
        });

    private static ulong Sum(Edge edge, Func<NodeTraffic, ulong> count) => edge.Nodes.Aggregate(0UL, (sum, pair) => sum + count(pair));

    private static bool Crosses(NodeTraffic pair) =>
        pair.SourceZone.Length > 0 && pair.DestinationZone.Length > 0 && pair.SourceZone != pair.DestinationZone;
}
