using System.Text.Json.Nodes;
using Depmap.Plugin.Install;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class TryTests
{
    private static readonly string[] Empty = ["/api/v1/nodes/n1", "/version"];

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task It_installs_shows_and_removes()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        relay.EndsFollow = true;
        PluginRun run = await Run("try", "--server", relay.Address, "--", "-o", "json");
        Assert.Single(run.Output.TrimEnd().Split('\n'));
        Assert.True(relay.Observed!.Follow);
        Assert.StartsWith("Installing Depmap for a trial. Ctrl-C ends it and removes it.\n", run.Error);
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
    public async Task After_its_time_it_ends_by_itself()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await Run("try", "--server", relay.Address, "--for", "300ms");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task What_fails_half_way_is_removed()
    {
        _server.Answer = request => request.StartsWith("PATCH /apis/apps/v1", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "exceeded quota") : null;
        PluginRun run = await Run("try");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("error: deployment/depmap-relay was refused: exceeded quota", run.Error);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task Where_depmap_is_installed_it_is_left_alone()
    {
        await Run("install");
        string[] before = [.. _server.Objects.Keys];
        PluginRun run = await Run("try");
        Assert.Equal(
            (1, "error: Depmap is installed in this cluster. Try: kubectl depmap observe -f, or kubectl depmap uninstall first\n"),
            (run.ExitCode, run.Error));
        Assert.Equal(before, _server.Objects.Keys);
    }

    [Fact]
    public async Task A_namespace_that_exists_is_left_alone()
    {
        _server.Add("/api/v1/namespaces/depmap-agents", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap-agents" } });
        Assert.Equal(
            "error: namespace depmap-agents exists, and a trial deletes its namespaces when it ends. Try: --namespace with another name\n",
            (await Run("try")).Error);
    }

    [Fact]
    public void The_relay_may_delete_its_own_namespace_and_all_else_goes_with_it()
    {
        IReadOnlyList<JsonObject> objects = Trial.Build(new InstallValues { Namespace = "look" }, "1.2.3", PluginRun.Now.AddHours(1));
        Trial.Own(objects, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "look", ["uid"] = "u1" } });
        Assert.Equal(
            """[{"apiGroups":[""],"resources":["namespaces"],"resourceNames":["look"],"verbs":["delete"]}]""",
            objects.Single(it => it.Name == "depmap-try" && it.Kind == "ClusterRole")["rules"]!.ToJsonString());
        Assert.Equal("look@2026-05-04T11:15:00Z", (string?)objects.Single(it => it.Reference == "configmap/depmap-relay")["data"]!["DEPMAP_TRIAL"]);
        Assert.Equal(
            ["namespace/look-agents", "clusterrole/depmap-relay", "clusterrolebinding/depmap-relay", "clusterrole/depmap-try", "clusterrolebinding/depmap-try"],
            objects.Where(it => (string?)it["metadata"]!["ownerReferences"]?[0]?["uid"] == "u1").Select(it => it.Reference));
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
