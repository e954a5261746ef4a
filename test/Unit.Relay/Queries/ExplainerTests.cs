using System.Globalization;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.Relay.Queries;
using Depmap.Relay.Tests.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Queries;

public sealed class ExplainerTests
{
    private const string DenyAll = "shop/deny-all {'podSelector': {'matchLabels': {'app': 'cart'}}}";

    [Theory]
    [InlineData(ReferenceKind.Any, "shop", "web", "pod shop/web")]
    [InlineData(ReferenceKind.Workload, "shop", "web", "pod shop/web")]
    [InlineData(ReferenceKind.Pod, "shop", "web", "pod shop/web")]
    [InlineData(ReferenceKind.Namespace, "", "shop", "namespace shop (5 pods)")]
    [InlineData(ReferenceKind.Node, "", "n1", "node n1")]
    [InlineData(ReferenceKind.Address, "", "10.244.1.2", "10.244.1.2 (shop/web)")]
    [InlineData(ReferenceKind.Address, "", "10.96.0.10", "service shop/cart (2 endpoints)")]
    [InlineData(ReferenceKind.Address, "", "198.51.100.10", "198.51.100.10 (outside the cluster)")]
    [InlineData(ReferenceKind.Service, "shop", "cart", "service shop/cart (2 endpoints)")]
    [InlineData(ReferenceKind.Any, "shop", "cart", "pod shop/cart")] // a client is a workload rather than a service
    [InlineData(ReferenceKind.Any, "shop", "crat", "")]
    [InlineData(ReferenceKind.Any, "pay", "web", "")]
    [InlineData(ReferenceKind.Outside, "", "api.example.com", "")]
    public void References_are_found(ReferenceKind kind, string ns, string name, string source)
    {
        var reference = new Reference { Kind = kind, Namespace = ns, Name = name };
        ExplainResponse response = Explain("", new ExplainRequest { Source = reference, Destination = Cart });
        Assert.Equal((source, "service shop/cart (2 endpoints)"), (response.Source, response.Destination));
    }

    [Theory]
    [InlineData(ReferenceKind.Any, "shop", "crat", "shop/cart")]
    [InlineData(ReferenceKind.Any, "pay", "cart", "shop/cart")] // the right name in another namespace
    [InlineData(ReferenceKind.Workload, "default", "paymnets", "pay/payments")]
    [InlineData(ReferenceKind.Service, "pay", "crat", "shop/cart")]
    [InlineData(ReferenceKind.Pod, "unlisted", "wbe", "shop/web")]
    [InlineData(ReferenceKind.Namespace, "", "shpo", "shop")]
    [InlineData(ReferenceKind.Node, "", "n3", null)]
    [InlineData(ReferenceKind.Any, "shop", "frobnicate", null)]
    public void A_name_like_one_that_exists_is_suggested(ReferenceKind kind, string ns, string name, string? nearest) => Assert.Equal(
        nearest,
        Explain("", new ExplainRequest { Source = new Reference { Kind = kind, Namespace = ns, Name = name }, Destination = Cart })
            .Nearest.SingleOrDefault());

    [Theory]
    [InlineData(80u)] // of the service
    [InlineData(8080u)] // of the pod
    [InlineData(0u)]
    public void The_policies_of_each_pair_of_pods_are_evaluated(uint port)
    {
        ExplainResponse response = Explain(DenyAll, new ExplainRequest { Source = Web, Destination = Cart, Port = port });
        Assert.Equal(
            [(8080u, false, 1u, 2u, "shop/cart"), (8080u, true, 1u, 2u, "shop/bare")],
            response.Checks.Select(check => (check.Port, check.Verdict.Allowed, check.Pairs, check.AllPairs, check.Server)));
        ServiceReadiness service = Assert.Single(response.Services);
        Assert.Equal(("cart", 80u, 1u, 1u), (service.Service, service.Port, service.Ready, service.NotReady));
    }

    [Fact]
    public void An_address_outside_needs_a_port()
    {
        const string policies =
            "shop/p {'podSelector': {}, 'policyTypes': ['Egress'], 'egress': [{'to': [{'ipBlock': {'cidr': '198.51.100.0/24'}}]}]}";
        var outside = new Reference { Kind = ReferenceKind.Address, Name = "198.51.100.10" };
        Assert.Empty(Explain(policies, new ExplainRequest { Source = Web, Destination = outside }).Checks);
        PolicyCheck check = Assert.Single(
            Explain(policies, new ExplainRequest { Source = Web, Destination = outside, Port = 443 }).Checks);
        Assert.True(check.Verdict.Allowed);
        Assert.False(Assert.Single(check.Verdict.Directions).Ingress);
    }

    [Fact]
    public void The_last_flows_between_the_two_are_counted()
    {
        ClusterNames names = PolicyCluster.Create("");
        var ring = new FlowRing(100);
        for (int i = 1; i <= 7; i++)
            ring.Add(Flow(names, "shop/web shop/cart:8080", i));
        ring.Add(Flow(names, "shop/web shop/cart:8080", 8) with { Decision = new Decision(Verdict.Dropped, DropReason.Policy) });
        ring.Add(Flow(names, "shop/redis shop/cart:8080", 9));
        ring.Add(Flow(names, "shop/web shop/redis:6379", 10));
        ring.Add(Flow(names, "shop/web shop/cart:9090", 11));
        var request = new ExplainRequest
        {
            Source = Web, Destination = new Reference { Kind = ReferenceKind.Pod, Namespace = "shop", Name = "cart" }, Port = 8080,
        };
        ExplainResponse response = Explainer.Explain(request, names, ring, UnixTime.Minute);
        Assert.Equal((7UL, 1UL, 1L), (response.Forwarded, response.Dropped, response.SinceUnixNs));
        Assert.Equal("8 7 6 5 4", string.Join(' ', response.Flows.Select(flow => flow.TimeUnixNs.ToString(CultureInfo.InvariantCulture))));
    }

    private static Reference Web => new() { Kind = ReferenceKind.Pod, Namespace = "shop", Name = "web" };

    private static Reference Cart => new() { Namespace = "shop", Name = "cart" };

    private static ExplainResponse Explain(string policies, ExplainRequest request) =>
        Explainer.Explain(request, PolicyCluster.Create(policies), new FlowRing(10), UnixTime.Minute);

    private static NamedFlow Flow(ClusterNames names, string connection, long time)
    {
        PolicyConnection ends = PolicyCluster.Connection(names, connection);
        return new NamedFlow
        {
            Time = time,
            Decision = new Decision(Verdict.Forwarded),
            Protocol = ends.Protocol,
            Source = new AddressPort(ends.Client.Address, 40000),
            Destination = new AddressPort(ends.Server.Address, ends.Port),
            SourceOwner = ends.Client.Owner,
            DestinationOwner = ends.Server.Owner,
            Node = "n1",
        };
    }
}
