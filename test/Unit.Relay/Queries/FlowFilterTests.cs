using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.Relay.Queries;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Edge = Depmap.V1.Edge;

namespace Depmap.Relay.Tests.Queries;

public class FlowFilterTests
{
    private static readonly NamedFlow WebToCart = new()
    {
        Time = 1,
        Decision = new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = Web,
        SourceOwner = new Owner(
            "node-a", "shop", "web-5d8f-x2x", "Deployment/web", Labels: new LabelSet([new("app", "web"), new("tier", "front")])),
        Destination = CartService,
        Backend = Cart,
        Service = CreateNames().Services.Find(Protocol.Tcp, CartService)!.Value.Service,
        DestinationOwner = new Owner("node-b", "shop", "cart-7c9-q1z", "Deployment/cart"),
        Node = "node-a",
    };

    public static TheoryData<Filter, bool> Filters => new()
    {
        { new Filter(), true },
        { new Filter { Namespaces = { "shop" } }, true },
        { new Filter { Namespaces = { "other", "shop" } }, true },
        { new Filter { Namespaces = { "sho" } }, false },
        { new Filter { Pods = { "web" } }, true },
        { new Filter { Pods = { "shop/cart-7" } }, true },
        { new Filter { Pods = { "other/web" } }, false },
        { new Filter { Pods = { "eb" } }, false },
        { new Filter { Services = { "cart" } }, true },
        { new Filter { Services = { "shop/cart" } }, true },
        { new Filter { Services = { "car" } }, false },
        { new Filter { Services = { "other/cart" } }, false },
        { new Filter { Verdicts = { Verdict.Forwarded } }, true },
        { new Filter { Verdicts = { Verdict.Dropped } }, false },
        { new Filter { Protocols = { Protocol.Udp } }, false },
        { new Filter { Protocols = { Protocol.Udp, Protocol.Tcp } }, true },
        { new Filter { Ports = { 80 } }, true },
        { new Filter { Ports = { 8080 } }, true },
        { new Filter { Ports = { 43210 } }, false },
        { new Filter { Namespaces = { "shop" }, Ports = { 81 } }, false },
    };

    public static TheoryData<EndFilter, bool, bool> Ends => new()
    {
        { new EndFilter(), true, true },
        { new EndFilter { Namespaces = { "shop" } }, true, true },
        { new EndFilter { Namespaces = { "pay" } }, false, false },
        { new EndFilter { Pods = { "web" } }, true, false },
        { new EndFilter { Pods = { "shop/cart", "pay/x" } }, false, true },
        { new EndFilter { Services = { "cart" } }, false, true },
        { new EndFilter { Services = { "pay/cart" } }, false, false },
        { new EndFilter { Services = { "front" } }, true, false }, // web serves it
        { new EndFilter { Workloads = { "//web" } }, true, false },
        { new EndFilter { Workloads = { "/deployment/web" } }, true, false },
        { new EndFilter { Workloads = { "/StatefulSet/web" } }, false, false },
        { new EndFilter { Workloads = { "shop/Deployment/cart" } }, false, true },
        { new EndFilter { Workloads = { "pay//web" } }, false, false },
        { new EndFilter { Nodes = { "node-a" } }, true, false },
        { new EndFilter { Nodes = { "node-b" } }, false, true },
        { new EndFilter { Selectors = { "app=web" } }, true, false },
        { new EndFilter { Selectors = { "app=api", "tier in (front, back)" } }, true, false },
        { new EndFilter { Selectors = { "!app" } }, false, true }, // cart has no labels
        { new EndFilter { Selectors = { "not a selector" } }, false, false },
        { new EndFilter { Addresses = { Web.Address.ToString() } }, true, false },
        { new EndFilter { Addresses = { CartService.Address.ToString() } }, false, true },
        { new EndFilter { Addresses = { Cart.Address.ToString() } }, false, true },
        { new EndFilter { Addresses = { "10.0.0.0/8" } }, true, true },
        { new EndFilter { Addresses = { "10.96.0.0/16" } }, false, true },
        { new EndFilter { Addresses = { "fd00::/8", "nonsense" } }, false, false },
        { new EndFilter { Names = { "*" } }, false, false },
        { new EndFilter { Ports = { Web.Port } }, true, false },
        { new EndFilter { Ports = { 80 } }, false, true },
        { new EndFilter { Ports = { 8080 } }, false, true },
        { new EndFilter { Pods = { "web" }, Nodes = { "node-b" } }, false, false },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public void An_end_matches_if_each_list_has_a_match(EndFilter end, bool source, bool destination)
    {
        Assert.Equal(source, Create(new Filter { Source = end }).Passes(WebToCart));
        Assert.Equal(destination, Create(new Filter { Destination = end }).Passes(WebToCart));
        Assert.Equal(!source, Create(new Filter { Excluded = { new Filter { Source = end } } }).Passes(WebToCart));
    }

    [Theory]
    [InlineData("web", "node-b", true)]
    [InlineData("web", "node-c", false)]
    [InlineData("cart", "node-a", true)]
    [InlineData("redis", "node-a", false)]
    public void Either_end_may_match_each_list(string pod, string node, bool passes) =>
        Assert.Equal(passes, Create(new Filter { Either = new EndFilter { Pods = { pod }, Nodes = { node } } }).Passes(WebToCart));

    [Theory]
    [InlineData("api.example.com", true)]
    [InlineData("*.example.com", true)]
    [InlineData("old.example.net", true)]
    [InlineData("example.com", false)]
    public void A_name_outside_matches_all_names_of_the_address(string pattern, bool passes)
    {
        NamedFlow outside = WebToCart with
        {
            Service = null, DestinationOwner = null, Backend = null,
            ResolvedName = new ResolvedName("api.example.com", ["api.example.com", "old.example.net"]),
        };
        Assert.Equal(passes, Create(new Filter { Either = new EndFilter { Names = { pattern } } }).Passes(outside));
    }

    [Theory]
    [InlineData(DropReason.Policy, "NETFILTER_DROP", true)]
    [InlineData(DropReason.Kernel, "TCP_CSUM", true)]
    [InlineData(DropReason.Kernel, "NO_SOCKET", false)]
    [InlineData(DropReason.Timeout, null, false)]
    [InlineData(DropReason.Unspecified, null, false)]
    public void A_drop_matches_by_its_reason_or_its_detail(DropReason reason, string? detail, bool passes)
    {
        FlowFilter filter = Create(new Filter { DropReasons = { DropReason.Policy }, DropDetails = { "tcp_csum" } });
        Verdict verdict = reason == DropReason.Unspecified ? Verdict.Forwarded : Verdict.Dropped;
        Assert.Equal(passes, filter.Passes(WebToCart with { Decision = new Decision(verdict, reason, detail) }));
    }

    [Fact]
    public void A_client_of_a_service_is_found_by_the_current_backends()
    {
        ServingWorkloads serving = CurrentServingWorkloads.In(CreateNames(), 1);
        Assert.Equal([("shop", "Deployment/cart")], serving([new NamePattern(null, "cart")]));
        Assert.Equal([("shop", "Deployment/cart")], serving([new NamePattern("shop", "cart")]));
        Assert.Empty(serving([new NamePattern("pay", "cart")]));
    }

    private static FlowFilter Create(Filter filter) => new(
        filter, services => [.. services.Where(service => service.Name == "front").Select(_ => ("shop", "Deployment/web"))]);

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_flow_matches_if_each_list_has_a_match(Filter filter, bool passes) =>
        Assert.Equal(passes, Create(filter).Passes(WebToCart));

    [Fact]
    public void A_service_filter_excludes_flows_without_a_service() =>
        Assert.False(Create(new Filter { Services = { "cart" } }).Passes(WebToCart with { Service = null }));

    [Fact]
    public void Probes_and_own_flows_are_left_out_unless_asked_for()
    {
        NamedFlow probe = WebToCart with
        {
            Service = null,
            Destination = Cart,
            SourceOwner = new Owner("node-b"),
            DestinationOwner = new Owner("node-b", "shop", "cart-7c9-q1z", "Deployment/cart", [Cart.Port]),
        };
        Assert.Equal("flow", Passing(new Filter()));
        Assert.Equal("flow probe", Passing(new Filter { IncludeProbes = true }));
        Assert.Equal("flow own", Passing(new Filter { IncludeDepmap = true }));
        Assert.Equal("flow probe own", Passing(new Filter { IncludeProbes = true, IncludeDepmap = true }));

        string Passing(Filter filter)
        {
            FlowFilter passing = Create(filter);
            var edges = new EdgeMap(capacity: 3);
            (string Name, NamedFlow Flow)[] flows = [("flow", WebToCart), ("probe", probe), ("own", WebToCart with { IsOwn = true })];
            foreach ((_, NamedFlow flow) in flows)
                edges.Put(null, flow);
            string[] passed = [.. flows.Where(flow => passing.Passes(flow.Flow)).Select(flow => flow.Name)];
            // The map has the same ones.
            Assert.Equal(passed.Length, edges.Read().Edges.Count(edge => passing.IsWanted(edge) && passing.Matches(edge)));
            return string.Join(' ', passed);
        }
    }

    public static TheoryData<Filter, bool> EdgeFilters => new()
    {
        { new Filter(), true },
        { new Filter { Namespaces = { "shop" } }, true },
        { new Filter { Namespaces = { "other" } }, false },
        { new Filter { Services = { "shop/cart" } }, true },
        { new Filter { Services = { "redis" } }, false },
        { new Filter { Verdicts = { Verdict.Dropped } }, true },
        { new Filter { Verdicts = { Verdict.Forwarded } }, false },
        { new Filter { Protocols = { Protocol.Udp } }, false },
        { new Filter { Ports = { 80 } }, true },
        { new Filter { Ports = { 8080 } }, false },
        { new Filter { Pods = { "web" } }, false }, // it is of no single pod
        { new Filter { Source = new EndFilter { Workloads = { "shop/deployment/web" } } }, true },
        { new Filter { Destination = new EndFilter { Workloads = { "shop/deployment/web" } } }, false },
        { new Filter { Destination = new EndFilter { Services = { "cart" }, Ports = { 80 } } }, true },
        { new Filter { Source = new EndFilter { Services = { "front" } } }, true },
        { new Filter { Either = new EndFilter { Nodes = { "node-a" } } }, false },
        { new Filter { DropReasons = { DropReason.Policy } }, true },
        { new Filter { DropReasons = { DropReason.Timeout } }, false },
        { new Filter { DropDetails = { "netfilter_drop" } }, true },
        { new Filter { Excluded = { new Filter { Services = { "cart" } } } }, false },
        { new Filter { Excluded = { new Filter { Services = { "redis" } } } }, true },
        { new Filter { Excluded = { new Filter { Verdicts = { Verdict.Dropped } } } }, false },
        { new Filter { Excluded = { new Filter { Pods = { "web" } } } }, true },
        // It has flows with other reasons too.
        { new Filter { Excluded = { new Filter { DropReasons = { DropReason.Policy } } } }, true },
    };

    [Theory]
    [MemberData(nameof(EdgeFilters))]
    public void An_edge_matches_if_it_has_matching_flows(Filter filter, bool passes) =>
        Assert.Equal(passes, Create(filter).Matches(new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Namespace = "shop", Service = "cart", Port = 80 },
            Protocol = Protocol.Tcp,
            Dropped = 2,
            Drops =
            {
                new DropCount { Reason = DropReason.Policy, Detail = "NETFILTER_DROP", Count = 1 },
                new DropCount { Reason = DropReason.Refused, Count = 1 },
            },
        }));
}
