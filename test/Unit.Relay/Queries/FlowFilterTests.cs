using Depmap.Relay.Flows;
using Depmap.Relay.Queries;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Queries;

public class FlowFilterTests
{
    private static readonly NamedFlow WebToCart = new()
    {
        Time = 1,
        Decision = new Decision(Verdict.Forwarded),
        Protocol = Protocol.Tcp,
        Source = Web,
        SourceOwner = new Owner("node-a", "shop", "web-5d8f-x2x", "Deployment/web"),
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

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_flow_matches_if_each_list_has_a_match(Filter filter, bool passes) =>
        Assert.Equal(passes, new FlowFilter(filter).Passes(WebToCart));

    [Fact]
    public void A_service_filter_excludes_flows_without_a_service() =>
        Assert.False(new FlowFilter(new Filter { Services = { "cart" } }).Passes(WebToCart with { Service = null }));

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
        { new Filter { Pods = { "nobody" } }, true },
    };

    [Theory]
    [MemberData(nameof(EdgeFilters))]
    public void An_edge_matches_if_it_has_matching_flows(Filter filter, bool passes) =>
        Assert.Equal(passes, new FlowFilter(filter).Passes(new Edge
        {
            Source = new Endpoint { Namespace = "shop", Workload = "Deployment/web" },
            Destination = new Endpoint { Namespace = "shop", Service = "cart", Port = 80 },
            Protocol = Protocol.Tcp,
            Dropped = 2,
        }));
}
