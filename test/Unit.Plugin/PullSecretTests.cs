using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Tests.Cluster;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class PullSecretTests : IDisposable
{
    private const string InRelays = "/api/v1/namespaces/depmap/secrets/depmap-pull";
    private const string InAgents = "/api/v1/namespaces/depmap-agents/secrets/depmap-pull";
    private const string Config = """
        {"auths": {"registry.example.com": {"auth": "dTpw"}, "https://index.docker.io/v1/": {"auth": "ZG9ja2Vy"}}, "credsStore": "desktop"}
        """;

    private readonly FakeApiServer _server = FakeApiServer.Ready();
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("registry.example.com/depmap", """{"auths":{"registry.example.com":{"auth":"dTpw"}}}""")]
    [InlineData("docker.io/depmap", """{"auths":{"https://index.docker.io/v1/":{"auth":"ZG9ja2Vy"}}}""")]
    public async Task A_file_gives_both_namespaces_the_credentials_of_the_registry_and_no_others(string registry, string expected)
    {
        string file = _folder.Write("config.json", Config);
        PluginRun run = await Run("install", "--registry", registry, "--pull-secret-from", file);
        Assert.Equal("Depmap 0.1.0 is installed.\n", run.Error);
        Assert.StartsWith(
            "namespace/depmap created\nnamespace/depmap-agents created\nsecret/depmap-pull created\nsecret/depmap-pull created\n",
            run.Output);
        foreach (string path in (string[])[InRelays, InAgents])
        {
            Assert.Equal("kubernetes.io/dockerconfigjson", (string?)_server.Objects[path]["type"]);
            Assert.Equal(expected, Text(_server.Objects[path]));
        }

        foreach (string workload in (string[])["depmap/deployments/depmap-relay", "depmap-agents/daemonsets/depmap-agent"])
        {
            Assert.Equal(
                """[{"name":"depmap-pull"}]""",
                _server.Objects[$"/apis/apps/v1/namespaces/{workload}"]["spec"]!["template"]!["spec"]!["imagePullSecrets"]!.ToJsonString());
        }

        Assert.Equal(0, (await Run("uninstall")).ExitCode);
        Assert.DoesNotContain(_server.Objects.Keys, path => path.Contains("/secrets/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_Secret_is_copied()
    {
        string data = Convert.ToBase64String(Encoding.UTF8.GetBytes(Config));
        _server.Add("/api/v1/namespaces/ci/secrets/pull", new JsonObject { ["data"] = new JsonObject { [".dockerconfigjson"] = data } });
        Assert.Equal(0, (await Run("install", "--pull-secret-from", "ci/pull", "--pull-secret", "mine")).ExitCode);
        Assert.Equal(Config, Text(_server.Objects["/api/v1/namespaces/depmap-agents/secrets/mine"]));
    }

    [Fact]
    public async Task A_trial_copies_it_too()
    {
        string file = _folder.Write("config.json", """{"auths": {"localhost": {"auth": "dTpw"}}}""");
        bool wasCopied = false;
        _server.Changed = (path, resource) =>
        {
            wasCopied |= path == InAgents;
            FakeApiServer.MakeReady(resource);
        };
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        relay.EndsFollow = true;
        PluginRun run = await Run("try", "--server", relay.Address, "--pull-secret-from", file, "--", "-o", "json");
        Assert.EndsWith("Removing Depmap.\n", run.Error);
        Assert.True(wasCopied);
        Assert.DoesNotContain(InAgents, _server.Objects.Keys);
    }

    [Fact]
    public async Task Credentials_are_not_printed()
    {
        string file = _folder.Write("config.json", Config);
        PluginRun run = await Run("install", "--dry-run=client", "--registry", "registry.example.com", "--pull-secret-from", file);
        Assert.Equal("The Secrets of --pull-secret-from are not printed, because they have credentials.\n", run.Error);
        Assert.DoesNotContain("dockerconfigjson", run.Output);
        Assert.Contains("imagePullSecrets:\n      - name: depmap-pull\n", run.Output);
    }

    [Theory]
    [InlineData("{}", "the file has no auths. Use the config.json that docker login writes")]
    [InlineData("[", "the file cannot be read: ")]
    [InlineData(
        """{"auths": {"registry.example.com": {}}, "credsStore": "desktop"}""",
        "the file has no credentials, they are kept by a credential helper (desktop). "
            + "Create the Secret with kubectl create secret docker-registry, and use its NAMESPACE/NAME")]
    public async Task A_file_without_credentials_is_refused(string text, string error)
    {
        string file = _folder.Write("config.json", text);
        PluginRun run = await Run("install", "--pull-secret-from", file);
        Assert.StartsWith($"error: invalid value \"{file}\" for --pull-secret-from: {error}", run.Error);
        Assert.Equal((1, 1), (run.ExitCode, run.Error.Count(c => c == '\n')));
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("nowhere.json", "invalid value \"nowhere.json\" for --pull-secret-from: there is no such file. "
        + "Use Docker's config.json, or NAMESPACE/NAME of a Secret")]
    [InlineData("ci/gone", "cannot get secret gone in namespace ci for --pull-secret-from: not found")]
    [InlineData("ci/other", "secret other in namespace ci is not of type kubernetes.io/dockerconfigjson. "
        + "Try: kubectl create secret docker-registry")]
    public async Task A_source_that_cannot_be_used_is_refused_before_the_first_change(string source, string error)
    {
        _server.Add("/api/v1/namespaces/ci/secrets/other", new JsonObject { ["data"] = new JsonObject { ["key"] = "eA==" } });
        PluginRun run = await Run("install", "--pull-secret-from", source);
        Assert.Equal(new PluginRun(1, "", $"error: {error}\n"), run);
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_without_the_registry_is_refused()
    {
        string file = _folder.Write("config.json", Config);
        Assert.Equal(
            $"error: {file} has no credentials for ghcr.io. Try: docker login ghcr.io\n",
            (await Run("install", "--registry", "ghcr.io/depmap", "--pull-secret-from", file)).Error);
    }

    private static string Text(JsonObject secret) =>
        Encoding.UTF8.GetString(Convert.FromBase64String((string)secret["data"]![".dockerconfigjson"]!));

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
