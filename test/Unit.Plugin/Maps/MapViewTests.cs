using CsCheck;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Options;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Maps;

/// <summary>
/// The map: gateway calls svc/web (Deployment/web), web calls svc/cart (Deployment/cart) and api.example.com, cart calls redis, redis
/// calls web: a cycle.
/// </summary>
public sealed class MapViewTests
{
    private static readonly Edge[] Shop =
    [
        Edge(Outside(), Service("edge", "gateway", "Deployment/gateway"), bytes: 1),
        Edge(Workload("edge", "Deployment/gateway"), Service("shop", "web", "Deployment/web"), bytes: 50),
        Edge(Workload("shop", "Deployment/web"), Service("shop", "cart", "Deployment/cart"), dropped: 3, bytes: 20),
        Edge(Workload("shop", "Deployment/web"), new Endpoint { Name = "api.example.com" }, bytes: 5),
        Edge(Workload("shop", "Deployment/cart"), Workload("shop", "StatefulSet/redis"), bytes: 9),
        Edge(Workload("shop", "StatefulSet/redis"), Service("shop", "web", "Deployment/web"), bytes: 2),
        Edge(Workload("other", "Deployment/lonely"), Service("other", "cart", ""), bytes: 100),
    ];

    private static Edge Edge(Endpoint source, Endpoint destination, ulong dropped = 0, ulong bytes = 0, uint port = 80)
    {
        var edge = new Edge
        {
            Source = source,
            Destination = new Endpoint(destination) { Port = port },
            Protocol = Protocol.Tcp,
            Forwarded = 1,
            Dropped = dropped,
            BytesToServer = bytes,
            Handshakes = 1,
            HandshakeMeanNs = bytes,
        };
        if (dropped > 0)
            edge.Drops.Add(new DropCount { Reason = DropReason.Refused, Count = dropped });
        return edge;
    }

    private static Endpoint Workload(string ns, string workload) => new() { Namespace = ns, Workload = workload };

    private static Endpoint Service(string ns, string name, string workload) =>
        new() { Namespace = ns, Service = name, Workload = workload };

    private static Endpoint Outside() => new() { Name = "outside", AddressCount = 7 };

    private static ObjectReference[] Objects(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(word => ObjectReference.Parse(word).Value)];

    private static string Text(IEnumerable<Edge> edges) => string.Join(
        ", ", edges.Select(edge => $"{EndIdentity.Of(edge.Source).Name}>{EndIdentity.Of(edge.Destination).Name}"));

    [Theory]
    [InlineData("deploy/web", 1, "gateway>web, redis>web")]
    [InlineData("deploy/web", 2, "outside>gateway, gateway>web, cart>redis, redis>web")]
    [InlineData("deploy/web", 9, "outside>gateway, gateway>web, cart>redis, redis>web, web>cart")]
    [InlineData("svc/web", 1, "gateway>web, redis>web")]
    [InlineData("pod/web-5d8f9-x2xab", 1, "gateway>web, redis>web")]
    [InlineData("shop/cart", 1, "web>cart")]
    [InlineData("cart", 1, "lonely>cart, web>cart")]
    [InlineData("sts/redis", 1, "cart>redis")]
    [InlineData("deploy/redis", 1, "")]
    [InlineData("api.example.com", 2, "gateway>web, redis>web, web>api.example.com")]
    [InlineData("ns/other", 1, "lonely>cart")]
    [InlineData("svc/nothing", 5, "")]
    public void To_shows_what_depends_on_an_object(string to, int depth, string edges) =>
        Assert.Equal(edges, Text(new MapView { To = Objects(to), Depth = depth }.Apply(Shop).Edges));

    [Theory]
    [InlineData("deploy/web", 1, "web>api.example.com, web>cart")]
    [InlineData("svc/web", 1, "web>api.example.com, web>cart")]
    [InlineData("deploy/web", 2, "cart>redis, web>api.example.com, web>cart")]
    [InlineData("deploy/web", int.MaxValue, "cart>redis, redis>web, web>api.example.com, web>cart")]
    [InlineData("redis-0", 1, "redis>web")]
    public void From_shows_on_what_an_object_depends(string from, int depth, string edges) =>
        Assert.Equal(edges, Text(new MapView { From = Objects(from), Depth = depth }.Apply(Shop).Edges));

    [Fact]
    public void An_object_is_shown_with_both_its_sides() => Assert.Equal(
        "cart>redis, web>cart", Text(new MapView { Objects = Objects("deploy/cart") }.Apply(Shop).Edges));

    [Theory]
    [InlineData("Name", "outside>gateway, gateway>web")]
    [InlineData("Bytes", "lonely>cart, gateway>web")]
    [InlineData("Drops", "web>cart, outside>gateway")]
    [InlineData("Connections", "web>cart, outside>gateway")]
    [InlineData("Latency", "lonely>cart, gateway>web")]
    public void The_first_edges_in_an_order_are_shown_and_the_others_counted(string order, string edges)
    {
        (List<Edge> shown, int hidden) = new MapView { Order = Enum.Parse<MapOrder>(order), Top = 2 }.Apply(Shop);
        Assert.Equal((edges, 5), (Text(shown), hidden));
    }

    [Fact]
    public void Only_failing_edges_are_shown_on_request() =>
        Assert.Equal("web>cart", Text(new MapView { OnlyDropped = true }.Apply(Shop).Edges));

    [Theory]
    [InlineData("Workload", "outside>gateway, gateway>web, lonely>cart, cart>redis, redis>web, web>api.example.com, web>cart")]
    [InlineData("Service", "outside>gateway, gateway>web, lonely>cart, cart>redis, redis>web, web>api.example.com, web>cart")]
    [InlineData("Namespace", "edge>shop, other>other, outside>edge, shop>api.example.com, shop>shop")]
    public void Edges_are_added_up_by_what_their_ends_are(string level, string edges) =>
        Assert.Equal(edges, Text(new MapView { Level = Enum.Parse<MapLevel>(level) }.Apply(Shop).Edges));

    [Fact]
    public void Workloads_and_services_take_the_place_of_each_other()
    {
        List<Edge> workloads = EdgeGroups.By(MapLevel.Workload, Shop), services = EdgeGroups.By(MapLevel.Service, Shop);
        Endpoint cart = workloads[2].Destination;
        Assert.Equal(("Deployment/cart", "", 80U), (cart.Workload, cart.Service, cart.Port));
        Assert.Equal("service", EndIdentity.Of(workloads[6].Destination).Kind); // its workload is not known
        Assert.Equal(["outside", "service", "service", "service", "service", "statefulset", "deployment"],
            services.Select(edge => EndIdentity.Of(edge.Source).Kind));
    }

    [Fact]
    public void An_added_up_edge_has_the_sums_and_the_mean_of_its_edges()
    {
        Edge one = Edge(Workload("shop", "Deployment/web"), Service("a", "x", ""), dropped: 2, bytes: 10);
        Edge two = Edge(Workload("shop", "Deployment/api"), Service("a", "y", ""), dropped: 3, bytes: 40, port: 81);
        (one.Handshakes, two.Handshakes) = (2, 1);
        (one.FirstSeenUnixNs, two.FirstSeenUnixNs, one.LastSeenUnixNs, two.LastSeenUnixNs) = (7, 5, 8, 9);
        Edge sum = Assert.Single(EdgeGroups.By(MapLevel.Namespace, [one, two]));
        Assert.Equal((2UL, 5UL, 50UL, 3UL, 20UL), (sum.Forwarded, sum.Dropped, sum.BytesToServer, sum.Handshakes, sum.HandshakeMeanNs));
        Assert.Equal((5L, 9L, 0U, Protocol.Tcp), (sum.FirstSeenUnixNs, sum.LastSeenUnixNs, sum.Destination.Port, sum.Protocol));
        Assert.Equal(5UL, Assert.Single(sum.Drops).Count);
        Assert.Equal((10UL, 80U), (one.BytesToServer, one.Destination.Port)); // not changed
    }

    [Fact]
    public void By_node_and_zone_an_edge_is_divided_by_its_pairs_of_nodes()
    {
        Edge edge = Edge(Workload("shop", "Deployment/web"), Service("shop", "cart", "Deployment/cart"));
        edge.Nodes.Add(Pair("a", "z1", "b", "z1", 10));
        edge.Nodes.Add(Pair("a", "z1", "c", "z2", 20));
        edge.Nodes.Add(Pair("b", "z1", "c", "z2", 40));
        edge.Nodes.Add(Pair("d", "", "c", "z2", 80));
        edge.Nodes.Add(Pair("", "", "", "", 160)); // no room
        Edge outside = Edge(Outside(), Service("shop", "web", "Deployment/web"), bytes: 320);
        outside.Nodes.Add(Pair("", "", "a", "z1", 320));

        List<Edge> nodes = new MapView { Level = MapLevel.Node }.Apply([edge, outside]).Edges;
        Assert.Equal("a>b, a>c, b>c, d>c, outside>a, unknown>unknown", Text(nodes));
        Assert.Equal([10UL, 20, 40, 80, 320, 160], nodes.Select(sum => sum.BytesToServer));
        Assert.All(nodes[..4], sum => Assert.Equal("node", EndIdentity.Of(sum.Source).Kind));

        List<Edge> zones = new MapView { Level = MapLevel.Zone }.Apply([edge, outside]).Edges;
        Assert.Equal("outside>z1, unknown>unknown, unknown>z2, z1>z1, z1>z2", Text(zones));
        Assert.Equal((10UL, 0UL), (zones[3].BytesWithinZone, zones[3].BytesAcrossZones));
        Assert.Equal((0UL, 60UL), (zones[4].BytesWithinZone, zones[4].BytesAcrossZones));
    }

    private static NodeTraffic Pair(string source, string sourceZone, string destination, string destinationZone, ulong bytes) => new()
    {
        SourceNode = source, SourceZone = sourceZone, DestinationNode = destination, DestinationZone = destinationZone, Forwarded = 1,
        BytesToServer = bytes,
    };

    // Whatever the map, no level invents or loses a flow, and a reach is a part of the map in its order.
    [Fact]
    public void Sums_keep_all_flows_and_reaches_are_parts_of_the_map()
    {
        Gen<Endpoint> end = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 3], (ns, name, kind) => kind switch
        {
            0 => Workload($"ns-{ns}", $"Deployment/d{name}"),
            1 => new Endpoint { Node = $"n{name}" },
            2 => new Endpoint { Name = "outside", AddressCount = (uint)name + 1 },
            _ => Service($"ns-{ns}", $"s{name}", name == 0 ? "" : $"Deployment/d{name}"),
        });
        Gen.Select(end, end, Gen.ULong[0, 9], Gen.ULong[0, 99]).Array[0, 40].Sample(all =>
        {
            Edge[] edges = [.. all.Select(it => Edge(it.Item1, it.Item2, it.Item3, it.Item4))];
            foreach (MapLevel level in Enum.GetValues<MapLevel>())
            {
                List<Edge> grouped = EdgeGroups.By(level, edges);
                Assert.Equal(Sum(edges, edge => edge.Forwarded), Sum(grouped, edge => edge.Forwarded));
                Assert.Equal(Sum(edges, edge => edge.Dropped), Sum(grouped, edge => edge.Dropped));
                Assert.Equal(Sum(edges, edge => edge.BytesToServer), Sum(grouped, edge => edge.BytesToServer));
            }

            List<Edge> near = Reach.To(edges, it => it.Name == "d1", 1), far = Reach.To(edges, it => it.Name == "d1", int.MaxValue);
            Assert.All(near, edge => Assert.Contains(far, it => ReferenceEquals(it, edge)));
            Assert.Equal(edges.Where(edge => far.Any(it => ReferenceEquals(it, edge))), far);
        });
    }

    private static ulong Sum(IEnumerable<Edge> edges, Func<Edge, ulong> count) => edges.Aggregate(0UL, (sum, edge) => sum + count(edge));

    [Theory]
    [InlineData("web-5d8f9-x2xab", "deployment", "web", true)]
    [InlineData("web-api-5d8f9-x2xab", "deployment", "web", false)]
    [InlineData("web-api-5d8f9-x2xab", "deployment", "web-api", true)]
    [InlineData("redis-0", "statefulset", "redis", true)]
    [InlineData("redis-0", "deployment", "redis", false)]
    [InlineData("agent-x2xab", "daemonset", "agent", true)]
    [InlineData("backup-28123456-x2xab", "cronjob", "backup", true)]
    [InlineData("import-x2xab", "job", "import", true)]
    [InlineData("alone", "pod", "alone", true)]
    [InlineData("web", "deployment", "web", false)]
    [InlineData("web-5d8f9-x2xab", "service", "web", false)]
    [InlineData("web-5d…", "deployment", "web", true)]
    [InlineData("we…", "deployment", "web", true)]
    [InlineData("cart-…", "deployment", "web", false)]
    public void A_pod_belongs_to_the_workload_that_its_name_begins_with(string pod, string kind, string workload, bool belongs) =>
        Assert.Equal(belongs, PodNames.IsOf(pod, kind, workload));
}
