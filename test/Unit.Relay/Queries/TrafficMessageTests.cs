using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.Relay.Queries;
using Depmap.Relay.Tests.Policies;
using Depmap.V1;
using Google.Protobuf;

namespace Depmap.Relay.Tests.Queries;

public sealed class TrafficMessageTests
{
    private const string OnlyRedis =
        "shop/p {'podSelector': {'matchLabels': {'app': 'cart'}}, "
        + "'ingress': [{'from': [{'podSelector': {'matchLabels': {'app': 'redis'}}}]}]}";

    private readonly TrafficTable _table = new(started: 7);

    [Fact]
    public void Workloads_have_the_labels_of_their_pods()
    {
        ClusterNames names = PolicyCluster.Create("");
        Add(names, "shop/web shop/cart:8080");
        Add(names, "pay/payments 198.51.100.10:443");
        TrafficResponse all = TrafficMessage.Create(_table, names, new TrafficRequest());
        Assert.Equal((7L, 2), (all.SinceUnixNs, all.Traffic.Count));
        Assert.Equal(
            ["pay Pod/payments", "shop Pod/bare", "shop Pod/cart", "shop Pod/redis", "shop Pod/web"],
            all.Workloads.Select(workload => $"{workload.Namespace} {workload.Name}"));
        Assert.Equal("front", all.Workloads[^1].Labels["tier"]);
        Traffic outside = Assert.Single(TrafficMessage.Create(_table, names, new TrafficRequest { Namespaces = { "pay" } }).Traffic);
        Assert.Equal(("Pod/payments", "198.51.100.10", 443u), (outside.Client.Workload, outside.Server.Ip, outside.Port));
    }

    [Fact]
    public void A_check_reports_what_policies_would_forbid()
    {
        ClusterNames names = PolicyCluster.Create(OnlyRedis);
        Add(names, "shop/web shop/cart:8080");
        Add(names, "shop/redis shop/cart:8080");
        CheckResponse live = TrafficMessage.Check(_table, names, new CheckRequest());
        Assert.Equal((2UL, 1u), (live.Checked, live.Policies));
        Assert.Equal("Pod/web", Assert.Single(live.Forbidden).Traffic.Client.Workload);
        CheckResponse given = TrafficMessage.Check(_table, names, new CheckRequest { Policies = Policies("\"podSelector\": {}") });
        Assert.Equal(["Pod/redis", "Pod/web"], given.Forbidden.Select(each => each.Traffic.Client.Workload));
        Assert.Empty(TrafficMessage.Check(_table, names, new CheckRequest { Namespaces = { "pay" } }).Forbidden);
    }

    [Fact]
    public void Invalid_policies_are_an_error() => Assert.Throws<ObjectsException>(() => TrafficMessage.Check(
        _table,
        ClusterNames.Empty,
        new CheckRequest { Policies = Policies("\"ingress\": [{\"from\": [{\"ipBlock\": {\"cidr\": \"x\"}}]}]") }));

    private static ByteString Policies(string spec) => ByteString.CopyFromUtf8(
        $$"""{"items": [{"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "shop"}, "spec": { {{spec}} } }]}""");

    private void Add(ClusterNames names, string connection)
    {
        PolicyConnection ends = PolicyCluster.Connection(names, connection);
        _table.Add(new NamedFlow
        {
            Time = 1,
            Decision = new Decision(Verdict.Forwarded),
            Protocol = ends.Protocol,
            Source = new AddressPort(ends.Client.Address, 40000),
            Destination = new AddressPort(ends.Server.Address, ends.Port),
            SourceOwner = ends.Client.Owner,
            DestinationOwner = ends.Server.Owner,
            Node = "n1",
        });
    }
}
