using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;

namespace Depmap.Relay.Tests.Names;

public class BackendServiceTests
{
    private static readonly Owner WebPod = new("node-a", "shop", "web-1", "Deployment/web");
    private static readonly AddressPort Db = ParseEndpoint("10.244.2.7", 5432), DbService = ParseEndpoint("10.96.0.7", 5432);
    private readonly ResolvedNames _resolved = new();

    [Theory]
    [InlineData("db-hl.shop.svc.cluster.local", "db-hl")]
    [InlineData("db-0.db-hl.shop.svc.cluster.local", "db-hl")]
    [InlineData("db-hl.test.svc.cluster.local", null)]
    [InlineData("db-hl.example.com", null)]
    [InlineData("x-db-hl.shop.svc.cluster.local", null)]
    [InlineData("a.db-0.db-hl.shop.svc.cluster.local", null)]
    [InlineData("db-hl.shop.svcs.example.com", null)]
    public void Of_several_services_it_is_the_one_whose_name_the_client_resolved(string name, string? service)
    {
        _resolved.Add("node-a", Web.Address, WebPod, name, [Db.Address], 10);
        Assert.Equal(service, At(20, WebPod));
        Assert.Null(At(9, WebPod));
        Assert.Null(At(20, WebPod with { Pod = "web-2" }));
    }

    [Fact]
    public void The_last_response_before_the_flow_decides()
    {
        _resolved.Add("node-a", Web.Address, WebPod, "db-0.db-hl.shop.svc.cluster.local", [Db.Address], 10);
        // A CNI plugin may translate the service's address before there is a packet.
        _resolved.Add("node-a", Web.Address, WebPod, "db.shop.svc.cluster.local", [DbService.Address], 30);
        _resolved.Add("node-a", Web.Address, WebPod, "alias.example.com", [Db.Address], 40);
        Assert.Equal("db-hl", At(29, WebPod));
        Assert.Equal("db", At(50, WebPod));
    }

    [Fact]
    public void A_response_from_before_the_pods_name_was_known_counts_for_a_minute()
    {
        _resolved.Add("node-a", Web.Address, null, "db-hl.shop.svc.cluster.local", [Db.Address], 10);
        Assert.Equal("db-hl", At(20, WebPod));
        Assert.Null(At(11 + ResolvedNames.UnknownClientLifetime, WebPod));
    }

    private string? At(long time, Owner client) =>
        BackendService.Find(new ServiceTable(WithDb()), _resolved, Protocol.Tcp, Web.Address, client, "node-a", Db, time)?.Name;

    /// <summary>A StatefulSet as most charts have it: with a headless service and another.</summary>
    private static ClusterObjects WithDb()
    {
        ClusterObjects objects = CreateObjects();
        objects.Services.Add(Service("shop", "db", DbService, "db", Protocol.Tcp));
        objects.Services.Add(Service("shop", "db-hl", Db, "db", Protocol.Tcp) with { Addresses = [] });
        objects.Slices.Add(Slice("shop", "db", Db, "db", Protocol.Tcp));
        objects.Slices.Add(Slice("shop", "db-hl", Db, "db", Protocol.Tcp));
        return objects;
    }
}
