using Depmap.Relay.Cluster;
using Depmap.Relay.Objects;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Cluster;

public sealed class OptionalPoliciesTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private FakeApiServer _server = null!;
    private ApiServer _client = null!;
    private OptionalPolicies _policies = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _server = await FakeApiServer.StartAsync();
        _client = new ApiServer(_server.Account, TimeProvider.System, NullLogger<ApiServer>.Instance);
        _policies = new OptionalPolicies(
            _client,
            resource => new Informer<PolicyObject>(
                resource, _client, () => { }, TimeProvider.System, Random.Shared, NullLogger.Instance),
            () => { },
            TimeProvider.System);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Kinds_that_the_cluster_has_are_followed()
    {
        _server.Groups = """{"name": "apps"}, {"name": "policy.networking.k8s.io"}""";
        _running = _policies.RunAsync(_stop.Token);
        FakeRequest resources = await _server.NextAsync();
        Assert.Equal("/apis/policy.networking.k8s.io/v1alpha1", resources.Url);
        await resources.RespondAsync("""{"resources": [{"name": "adminnetworkpolicies"}, {"name": "adminnetworkpolicies/status"}]}""");
        FakeRequest list = await _server.NextAsync();
        Assert.StartsWith("/apis/policy.networking.k8s.io/v1alpha1/adminnetworkpolicies?limit", list.Url);
        await list.RespondAsync("""
            {"metadata": {"resourceVersion": "1"},
             "items": [{"metadata": {"name": "a"}, "spec": {"priority": 3, "subject": {"namespaces": {} } } }]}
            """);
        await _server.NextAsync(); // the watch
        PolicyObject policy = Assert.Single(Read().Policies);
        Assert.Equal((PolicyKind.AdminNetworkPolicy, "a", 3), (policy.Kind, policy.Name, policy.Priority));
        Assert.Empty(Read().PolicyLimits);
    }

    [Fact]
    public async Task Kinds_that_are_not_evaluated_are_limits()
    {
        _server.Groups = """{"name": "cilium.io"}, {"name": "crd.projectcalico.org"}""";
        _running = _policies.RunAsync(_stop.Token);
        await Wait.UntilAsync(() => Read().PolicyLimits.Count > 0);
        Assert.Equal(
            [
                "the cluster has policies of cilium.io, which Depmap does not evaluate",
                "the cluster has policies of crd.projectcalico.org, which Depmap does not evaluate",
            ],
            Read().PolicyLimits);
        Assert.True(await _server.HasNoRequestAsync());
    }

    [Fact]
    public async Task Kinds_of_other_versions_are_limits_unless_the_evaluated_version_has_them_too()
    {
        _server.Groups = """
            {"name": "policy.networking.k8s.io", "versions": [{"version": "v1beta1"}, {"version": "v1alpha2"}, {"version": "v1alpha1"}]}
            """;
        _running = _policies.RunAsync(_stop.Token);
        await AnswerAsync("v1alpha1", "adminnetworkpolicies");
        await AnswerAsync("v1beta1", "adminnetworkpolicies", "adminnetworkpolicies/status", "baselineadminnetworkpolicies");
        await AnswerAsync("v1alpha2", "clusternetworkpolicies", "clusternetworkpolicies/status");
        Assert.Contains("/v1alpha1/adminnetworkpolicies?limit", (await _server.NextAsync()).Url);
        Assert.Equal(
            [
                "the cluster has baselineadminnetworkpolicies of policy.networking.k8s.io/v1beta1, which Depmap does not evaluate",
                "the cluster has clusternetworkpolicies of policy.networking.k8s.io/v1alpha2, which Depmap does not evaluate",
            ],
            Read().PolicyLimits);

        async Task AnswerAsync(string version, params string[] resources)
        {
            FakeRequest request = await _server.NextAsync();
            Assert.Equal($"/apis/policy.networking.k8s.io/{version}", request.Url);
            string entries = string.Join(',', resources.Select(name => $$"""{"name": "{{name}}"}"""));
            await request.RespondAsync($$"""{"resources": [{{entries}}]}""");
        }
    }

    private ClusterObjects Read()
    {
        var objects = new ClusterObjects();
        _policies.AddTo(objects);
        return objects;
    }
}
