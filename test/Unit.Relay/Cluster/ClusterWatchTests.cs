using System.Net;
using Depmap.Relay.Cluster;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Options;
using Depmap.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>A relay that reads names from an API server.</summary>
public sealed class ClusterWatchTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> Objects = new()
    {
        ["/api/v1/pods"] = """
            {"metadata": {"name": "web-5d8f-x2x", "namespace": "shop",
               "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d8f", "controller": true}]},
             "spec": {"nodeName": "n1"}, "status": {"podIP": "10.244.1.2"}}
            """,
        ["/api/v1/services"] = """
            {"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"clusterIP": "10.96.0.10", "ports": [{"port": 80}]}}
            """,
        ["/apis/discovery.k8s.io/v1/endpointslices"] = """
            {"metadata": {"name": "cart-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}},
             "ports": [{"port": 8080}], "endpoints": [{"addresses": ["10.244.2.3"]}]}
            """,
        ["/api/v1/nodes"] = """{"metadata": {"name": "n1"}, "status": {"addresses": [{"address": "172.30.0.11"}]}}""",
        ["/api/v1/namespaces"] = """{"metadata": {"name": "shop", "labels": {"team": "sales"}}}""",
        ["/apis/apps/v1/replicasets"] = """
            {"metadata": {"name": "web-5d8f", "namespace": "shop",
               "ownerReferences": [{"kind": "Rollout", "name": "web", "controller": true}]}}
            """,
        ["/apis/batch/v1/jobs"] = "",
        ["/apis/networking.k8s.io/v1/networkpolicies"] = """
            {"metadata": {"name": "deny-all", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}
            """,
    };

    private FakeApiServer _server = null!;
    private WebApplication _relay = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        var options = new RelayOptions
        {
            Intake = new IPEndPoint(IPAddress.Loopback, 0),
            Queries = new IPEndPoint(IPAddress.Loopback, 0),
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Kubernetes = _server.Folder,
            Flows = 16,
            MaxFlows = 1000,
            MaxEdges = 100,
            LogLevel = LogLevel.Error,
        };
        _relay = RelayHost.Build(
            options,
            name => name == "KUBERNETES_SERVICE_HOST" ? "localhost" : name == "KUBERNETES_SERVICE_PORT" ? $"{_server.Port}" : null);
        await RelayHost.Start(_relay, options);
        _http = new HttpClient { BaseAddress = new Uri("http://" + RelayHost.BoundAddresses(_relay).ElementAt(2)) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _relay.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_relay_is_ready_once_all_kinds_are_listed()
    {
        Assert.Equal("ok\n", await _http.GetStringAsync("/healthz"));
        Dictionary<string, FakeRequest> lists = [];
        while (lists.Count < Objects.Count)
        {
            FakeRequest request = await _server.NextAsync();
            lists.Add(request.Url.Split('?')[0], request);
        }

        Assert.Equal(Objects.Keys.Order(StringComparer.Ordinal), lists.Keys.Order(StringComparer.Ordinal));
        await lists["/api/v1/nodes"].RespondAsync("{}", status: 403);
        lists.Remove("/api/v1/nodes");
        foreach ((string path, FakeRequest list) in lists)
            await RespondAsync(list, path);
        // A watch of each other kind, and the second list of nodes.
        FakeRequest? nodes = null;
        for (int i = 0; i < Objects.Count; i++)
        {
            FakeRequest request = await _server.NextAsync();
            if (request.Url.StartsWith("/api/v1/nodes?limit", StringComparison.Ordinal))
                nodes = request;
        }

        HttpResponseMessage notReady = await _http.GetAsync("/readyz");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "nodes not listed yet: the API server does not allow this to the service account (403): "
                + "is the relay's ClusterRole in place?\n"),
            (notReady.StatusCode, await notReady.Content.ReadAsStringAsync()));
        ApiStatus status = (await StatusAsync()).Api;
        Assert.Equal((false, "nodes"), (status.Synced, Assert.Single(status.Outages).Kind));

        await RespondAsync(nodes!, "/api/v1/nodes");
        await Wait.UntilAsync(async () => (await _http.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK);
        Assert.Equal("ok\n", await _http.GetStringAsync("/readyz"));

        ClusterNames names = _relay.Services.GetRequiredService<NameTables>().Current;
        Assert.Equal(new Owner("n1", "shop", "web-5d8f-x2x", "Rollout/web"), names.Addresses.OwnerAt(Of("10.244.1.2"), 0));
        Assert.Equal(new Owner("n1"), names.Addresses.OwnerAt(Of("172.30.0.11"), 0));
        Assert.Equal("cart", names.Services.Find(Protocol.Tcp, new AddressPort(Of("10.96.0.10"), 80))?.Service.Name);
        Assert.Equal("sales", names.Namespaces["shop"].Find("team"));
        status = (await StatusAsync()).Api;
        Assert.Equal((true, 9UL, 0), (status.Synced, status.ListRequests, status.Outages.Count));
        Assert.True(status.Bytes > 500, $"{status.Bytes}");
    }

    [Fact]
    public async Task A_short_lived_pod_has_its_name_for_its_lifetime()
    {
        FakeRequest? pods = null;
        for (int i = 0; i < 2 * Objects.Count; i++)
        {
            FakeRequest request = await _server.NextAsync();
            string path = request.Url.Split('?')[0];
            if (request.Url.Contains("limit="))
                await RespondAsync(request, path);
            else if (path == "/api/v1/pods")
                pods = request;
        }

        NameTables tables = _relay.Services.GetRequiredService<NameTables>();
        string started = DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ");
        long start = TimeProvider.System.UnixNanoseconds();
        // In one write, so that all events are between two snapshots.
        await pods!.SendAsync(string.Concat(
            Event("ADDED", "deleted", "10.244.1.7", started, "Running"),
            Event("DELETED", "deleted", "10.244.1.7", started, "Running"),
            Event("ADDED", "after", "10.244.1.7", started, "Running"),
            Event("ADDED", "job", "", started, "Pending"),
            Event("MODIFIED", "job", "10.244.1.8", started, "Succeeded"),
            Event("DELETED", "web-5d8f-x2x", "10.244.1.2", started, "Running"),
            Event("ADDED", "last", "10.244.1.9", started, "Running")));
        await Wait.UntilAsync(() => tables.Current.Addresses.OwnerAt(Of("10.244.1.9"), start) is not null);

        AddressTimeline addresses = tables.Current.Addresses;
        long now = TimeProvider.System.UnixNanoseconds();
        Assert.Equal(
            ("deleted", "after"), (addresses.OwnerAt(Of("10.244.1.7"), start)?.Pod, addresses.OwnerAt(Of("10.244.1.7"), now)?.Pod));
        Assert.Equal(("job", null), (addresses.OwnerAt(Of("10.244.1.8"), start)?.Pod, addresses.OwnerAt(Of("10.244.1.8"), now)?.Pod));
        Assert.Equal(
            ("web-5d8f-x2x", null), (addresses.OwnerAt(Of("10.244.1.2"), start)?.Pod, addresses.OwnerAt(Of("10.244.1.2"), now)?.Pod));
    }

    [Fact]
    public async Task A_pod_that_the_watch_does_not_have_yet_is_asked_for_by_its_address()
    {
        for (int i = 0; i < 2 * Objects.Count; i++)
        {
            FakeRequest request = await _server.NextAsync();
            if (request.Url.Contains("limit="))
                await RespondAsync(request, request.Url.Split('?')[0]);
        }

        await Wait.UntilAsync(async () => (await _http.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK);
        PodLookup lookup = _relay.Services.GetRequiredService<PodLookup>();
        lookup.Ask(Of("10.244.1.7"));
        lookup.Ask(Of("10.244.1.7"));
        FakeRequest asked = await _server.NextAsync();
        Assert.Equal("/api/v1/pods?fieldSelector=status.podIP%3D10.244.1.7&resourceVersion=0", asked.Url);
        await asked.RespondAsync(
            """{"items": [{"metadata": {"name": "new", "namespace": "shop"}, "spec": {}, "status": {"podIP": "10.244.1.7"}}]}""");
        NameTables tables = _relay.Services.GetRequiredService<NameTables>();
        long now = TimeProvider.System.UnixNanoseconds();
        await Wait.UntilAsync(() => tables.Current.Addresses.OwnerAt(Of("10.244.1.7"), now)?.Pod == "new");
        Assert.True(await _server.HasNoRequestAsync());
    }

    private static string Event(string type, string name, string address, string started, string phase) =>
        $$"""{"type":"{{type}}","object":{"metadata":{"name":"{{name}}","namespace":"shop","resourceVersion":"2"},"""
        + $$"""
            "spec":{"nodeName":"n1"},"status":{"podIP":"{{address}}","startTime":"{{started}}","phase":"{{phase}}"} } }
            """
        + "\n";

    private static Task RespondAsync(FakeRequest list, string path) =>
        list.RespondAsync($$"""{"metadata": {"resourceVersion": "1"}, "items": [{{Objects[path]}}]}""");

    private async Task<StatusResponse> StatusAsync()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress("http://" + RelayHost.BoundAddresses(_relay).ElementAt(1));
        return await new V1.Queries.QueriesClient(channel).GetStatusAsync(new StatusRequest());
    }

    private static Address Of(string address) =>
        Address.TryParse(address, out Address parsed) ? parsed : throw new ArgumentException(address);
}
