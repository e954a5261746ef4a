using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
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
        PluginRun run = await Run("try", "--relay", relay.Address, "--", "-o", "json");
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
        Task<PluginRun> running = PluginRun.Of(["try", "--relay", relay.Address], [], server: _server, cancellationToken: stop.Token);
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
        PluginRun run = await Run("try", "--relay", relay.Address, "--for", "1200ms");
        Assert.Equal(
            (0, "", "Installing Depmap for a trial. Press Ctrl-C to end it and remove Depmap.\nThe trial has ended after 1s.\n"
                + "Removing Depmap.\n"),
            (run.ExitCode, run.Output, run.Error));
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Fact]
    public async Task The_command_that_it_runs_gets_the_flags_for_the_cluster()
    {
        var choices = new List<ClusterChoice>();
        await PluginRun.Of(
            ["try", "--insecure-skip-tls-verify", "-v=6", "--context", "c"], [], server: _server, chosen: choices.Add);
        Assert.Equal(2, choices.Count);
        Assert.All(choices, choice => Assert.Equal((true, true, "c"), (choice.SkipTlsVerify, choice.LogsRequests, choice.Context)));
    }

    [Fact]
    public async Task A_node_that_is_not_ready_is_named_and_the_trial_goes_on()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.Add(Examples.Edges.First());
        JsonObject node = FakeApiServer.Node("n2");
        node["status"]!["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "Unknown" });
        _server.Add("/api/v1/nodes/n2", node);
        PluginRun run = await Run("try", "map", "--relay", relay.Address, "--for", "1200ms");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 of 2 nodes is not observed: n2 (the node is not ready)\n", run.Error);
        Assert.EndsWith("Removing Depmap.\n", run.Error);
        Assert.Contains("shop/cart", run.Output);
    }

    [Fact]
    public async Task The_last_map_is_printed_at_the_end()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.Add(Examples.Edges.First());
        PluginRun run = await Run("try", "map", "--relay", relay.Address, "--for", "1200ms");
        Assert.Equal(0, run.ExitCode);
        string[] maps = run.Output.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, maps.Length);
        Assert.Equal(maps[0].TrimEnd(), maps[1].TrimEnd());
        Assert.Contains("shop/cart", maps[1]);
        Assert.EndsWith("\nThe trial has ended after 1s.\nRemoving Depmap.\n", run.Error);
    }

    [Fact]
    public async Task The_time_counts_from_the_first_connections()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        DateTimeOffset? ready = null;
        int polls = 0;
        // The relay is ready after two seconds, longer than --for.
        _server.Answer = request =>
        {
            if (request == "GET /apis/apps/v1/namespaces/depmap/deployments/depmap-relay" && _server.Objects.ContainsKey(
                "/apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent") && polls++ < 2)
            {
                return new ApiAnswer(200, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap-relay" } });
            }

            if (polls == 3)
                ready ??= DateTimeOffset.UtcNow;
            return null;
        };
        PluginRun run = await Run("try", "--relay", relay.Address, "--for", "1s");
        Assert.Equal(0, run.ExitCode);
        Assert.NotNull(relay.Observed);
        Assert.InRange((DateTimeOffset.UtcNow - ready!.Value).TotalSeconds, 1, 30);
    }

    [Fact]
    public async Task If_the_last_map_cannot_be_read_the_trial_ends_all_the_same()
    {
        FakeRelay relay = await FakeRelay.StartAsync();
        Task<PluginRun> running = Run("try", "map", "--relay", relay.Address, "--for", "3s");
        await Wait.UntilAsync(() => relay.Mapped is not null);
        await relay.DisposeAsync();
        PluginRun run = await running;
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\nThe last map cannot be read: cannot reach the relay at ", run.Error);
        Assert.Equal(Empty, _server.Objects.Keys);
    }

    [Theory]
    [InlineData("try", "--for", "1s")]
    [InlineData("install")]
    public async Task What_an_expired_trial_left_is_removed_first(params string[] command)
    {
        await LeaveTrialAsync(end: "2026-05-04T10:14:59Z");
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await Run([.. command, "--relay", relay.Address]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("Removing the rest of an expired trial from namespace depmap.\n", run.Error);
        Assert.DoesNotContain("DEPMAP_TRIAL", string.Concat(_server.Objects.Values.Select(resource => resource.ToJsonString())));
    }

    [Theory]
    [InlineData("try")]
    [InlineData("install")]
    public async Task A_running_trial_is_not_changed(string command)
    {
        await LeaveTrialAsync(end: "2026-05-04T10:16:00Z");
        string[] before = [.. _server.Objects.Keys];
        Assert.Equal(
            new PluginRun(
                1, "", "error: a trial is running in namespace depmap, until 10:16 UTC at the latest. "
                    + "Try: kubectl depmap uninstall to end it\n"),
            await Run(command));
        Assert.Equal(before, _server.Objects.Keys);
    }

    // As after kill -9: the first changes of a trial, and none of its removal.
    private async Task LeaveTrialAsync(string end)
    {
        int changes = 0;
        _server.Answer = request => request.StartsWith("DELETE", StringComparison.Ordinal)
            || (request.StartsWith("PATCH", StringComparison.Ordinal) && ++changes > 10) ? FakeApiServer.Refuse(500, "killed") : null;
        await Run("try");
        _server.Answer = _ => null;
        _server.Objects["/api/v1/namespaces/depmap"]["metadata"]!["annotations"]!["depmap/trial-ends"] = end;
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
        IReadOnlyList<JsonObject> objects = Trial.Build(
            new InstallValues { Namespace = "look" }, "1.2.3", TimeSpan.FromMinutes(10), PluginRun.Now.AddHours(1));
        Trial.SetOwner(objects, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "look", ["uid"] = "u1" } });
        Assert.Equal(
            """[{"apiGroups":[""],"resources":["namespaces"],"resourceNames":["look"],"verbs":["delete"]}]""",
            objects.Single(resource => resource.Name == "depmap-try" && resource.Kind == "ClusterRole")["rules"]!.ToJsonString());
        JsonObject configMap = objects.Single(resource => resource.Reference == "configmap/depmap-relay");
        // The relay waits a little longer than the plugin.
        Assert.Equal("look@2026-05-04T11:15:00Z,615s", (string?)configMap["data"]!["DEPMAP_TRIAL"]);
        Assert.Equal(PluginRun.Now.AddHours(1), Trial.EndOf(objects[0]));
        Assert.Equal(
            [
                "namespace/look-agents",
                "clusterrole/depmap-try",
                "clusterrolebinding/depmap-try",
                "clusterrole/depmap-relay",
                "clusterrolebinding/depmap-relay",
            ],
            objects.Where(resource => (string?)resource["metadata"]!["ownerReferences"]?[0]?["uid"] == "u1")
                .Select(resource => resource.Reference));
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
