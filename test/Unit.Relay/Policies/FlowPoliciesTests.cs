using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Tests.Policies;

public sealed class FlowPoliciesTests
{
    private const string DenyIngress = "shop/deny-all {'podSelector': {}}";

    [Theory]
    [InlineData(DenyIngress, DropReason.Policy, "shop/deny-all")]
    [InlineData(DenyIngress, DropReason.Timeout, "shop/deny-all")]
    [InlineData(DenyIngress, DropReason.Refused, null)]
    [InlineData(DenyIngress, DropReason.NoEndpoints, null)]
    [InlineData("", DropReason.Policy, "allowed")] // then something else dropped it
    [InlineData("", DropReason.Timeout, null)] // no one responds
    public void A_drop_names_the_policies_that_may_have_caused_it(string policies, DropReason reason, string? expected)
    {
        ClusterNames names = PolicyCluster.Create(policies);
        NamedFlow flow = Flow(names, new Decision(Verdict.Dropped, reason));
        PolicyVerdict? verdict = new FlowPolicies().Explain(flow, names.Policies);
        string? found = verdict is null ? null : verdict.Allowed ? "allowed"
            : string.Join(", ", verdict.Directions.SelectMany(each => each.Policies).Select(policy => $"{policy.Namespace}/{policy.Name}"));
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Equal_flows_share_the_verdict_until_the_policies_change()
    {
        ClusterNames names = PolicyCluster.Create(DenyIngress);
        NamedFlow flow = Flow(names, new Decision(Verdict.Dropped, DropReason.Policy));
        var policies = new FlowPolicies();
        PolicyVerdict? first = policies.Explain(flow, names.Policies);
        Assert.Same(first, policies.Explain(flow with { Id = 2 }, names.Policies));
        Assert.True(policies.Explain(flow, PolicyTable.Empty)?.Allowed);
        Assert.Null(policies.Explain(flow with { Decision = new Decision(Verdict.Forwarded) }, names.Policies));
    }

    [Theory]
    [InlineData(DenyIngress, "forbidden")]
    [InlineData("", "allowed")]
    [InlineData("shop/p {'podSelector': {'matchLabels': {'app': 'cart'}}}", null)] // it depends on the backend
    public void Behind_a_service_without_a_known_backend_all_must_agree(string policies, string? expected)
    {
        ClusterNames names = PolicyCluster.Create(policies);
        NamedFlow flow = Flow(names, new Decision(Verdict.Dropped, DropReason.Policy)) with
        {
            Service = new ServiceId("shop", "cart"), Backend = null, DestinationOwner = null,
        };
        Assert.True(ServiceBackends.IsUnknown(flow));
        List<NamedFlow> possible = ServiceBackends.Expand(flow, names);
        Assert.Equal(["bare", "cart"], possible.Select(each => each.DestinationOwner?.Pod).Order());
        PolicyVerdict? verdict = new FlowPolicies().Explain(possible, names.Policies);
        Assert.Equal(expected, verdict is null ? null : verdict.Allowed ? "allowed" : "forbidden");
    }

    // From web to the service address of cart, which was translated to its pod.
    private static NamedFlow Flow(ClusterNames names, Decision decision)
    {
        PolicyConnection ends = PolicyCluster.Connection(names, "shop/web shop/cart:8080");
        Assert.True(Address.TryParse("10.96.0.10", out Address service));
        return new NamedFlow
        {
            Time = 1,
            Decision = decision,
            Protocol = ends.Protocol,
            Source = new AddressPort(ends.Client.Address, 40000),
            Destination = new AddressPort(service, 80),
            Backend = new AddressPort(ends.Server.Address, ends.Port),
            SourceOwner = ends.Client.Owner,
            DestinationOwner = ends.Server.Owner,
            Node = "n1",
        };
    }
}
