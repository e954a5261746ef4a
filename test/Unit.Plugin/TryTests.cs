using System.Text.Json.Nodes;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class TryTests
{
    private static readonly string[] Empty = ["/api/v1/nodes/n1", "/version"];

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task It_installs_runs_observe_and_removes()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        relay.EndsFollow = true;
        PluginRun run = await Run("try", "--server", relay.Address, "--", "-o", "json");
        Assert.Single(run.Output.TrimEnd().Split('\n'));
        Assert.True(relay.Observed!.Follow);
        Assert.StartsWith("Installing Depmap for a trial. Press Ctrl-C to end it and remove Depmap.\n", run.Error);
        Assert.EndsWith("Removing Depmap.\n", run.Error);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task Ctrl_C_removes_it()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        using var stop = new CancellationTokenSource();
        Task<PluginRun> running = PluginRun.Of(["try", "--server", relay.Address], [], server: _server, cancellationToken: stop.Token);
        await Wait.UntilAsync(() => relay.Observed is not null);
        Assert.NotEqual(Empty, _server.Objects.Keys);
        await stop.CancelAsync();
        Assert.Equal(0, (await running).ExitCode);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task It_ends_after_its_lifetime()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await Run("try", "--server", relay.Address, "--for", "300ms");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task A_failed_installation_is_removed()
    {
        _server.Answer = request =>
            request.StartsWith("PATCH /apis/apps/v1", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "exceeded quota") : null;
        PluginRun run = await Run("try");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("error: deployment/depmap-relay was refused: exceeded quota", run.Error);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task An_existing_installation_is_not_changed()
    {
        await Run("install");
        string[] before = [.. _server.Objects.Keys];
        PluginRun run = await Run("try");
        Assert.Equal(
            (1, "error: Depmap is installed in this cluster. Try: kubectl depmap observe -f, or first: kubectl depmap uninstall\n"),
            (run.ExitCode, run.Error));
        Assert.Equal(before, _server.Objects.Keys);
    }

    [Fact]
    public async Task An_existing_namespace_is_not_changed()
    {
        _server.Add("/api/v1/namespaces/depmap-agents", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap-agents" } });
        Assert.Equal(
            "error: namespace depmap-agents exists, and a trial deletes its namespaces when it ends. Try: --namespace with another name\n",
            (await Run("try")).Error);
    }

    [Fact]
    public void The_relay_may_delete_its_namespace_which_owns_the_other_objects()
    {
        IReadOnlyList<JsonObject> objects = Trial.Build(new InstallValues { Namespace = "look" }, "1.2.3", PluginRun.Now.AddHours(1));
        Trial.SetOwner(objects, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "look", ["uid"] = "u1" } });
        Assert.Equal(
            """[{"apiGroups":[""],"resources":["namespaces"],"resourceNames":["look"],"verbs":["delete"]}]""",
            objects.Single(resource => resource.Name == "depmap-try" && resource.Kind == "ClusterRole")["rules"]!.ToJsonString());
        JsonObject configMap = objects.Single(resource => resource.Reference == "configmap/depmap-relay");
        Assert.Equal("look@2026-05-04T11:15:00Z", (string?)configMap["data"]!["DEPMAP_TRIAL"]);
        Assert.Equal(
            [
                "namespace/look-agents",
                "clusterrole/depmap-relay",
                "clusterrolebinding/depmap-relay",
                "clusterrole/depmap-try",
                "clusterrolebinding/depmap-try",
            ],
            objects.Where(resource => (string?)resource["metadata"]!["ownerReferences"]?[0]?["uid"] == "u1")
                .Select(resource => resource.Reference));
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
