using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Tests;

public sealed class UninstallTests
{
    private const string Space = "/api/v1/namespaces/depmap";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task All_that_install_made_goes_and_nothing_else()
    {
        _server.Add("/api/v1/namespaces/shop", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "shop" } });
        _server.Add("/api/v1/namespaces/shop/configmaps/depmap", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap" } });
        string[] before = [.. _server.Objects.Keys];
        await Run("install");
        PluginRun run = await Run("uninstall");
        Assert.Equal((0, "Depmap is uninstalled.\n"), (run.ExitCode, run.Error));
        Assert.Equal(before, _server.Objects.Keys);
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(["daemonset/depmap-agent deleted", "deployment/depmap-relay deleted"], lines[..2]);
        Assert.Equal(["namespace/depmap deleted", "namespace/depmap-agents deleted"], lines[^2..]);
        Assert.Equal(16, lines.Length);
    }

    [Fact]
    public async Task Twice_there_is_nothing_to_do()
    {
        await Run("install");
        await Run("uninstall");
        Assert.Equal(new PluginRun(0, "", "Depmap is not installed: nothing to do.\n"), await Run("uninstall"));
    }

    [Fact]
    public async Task What_Helm_has_made_is_left_to_Helm()
    {
        _server.Add("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/depmap-relay", InstallTests.Helm());
        Assert.Equal(
            new PluginRun(1, "", "error: Depmap was installed by Helm. Try: helm uninstall eyes --namespace obs\n"), await Run("uninstall"));
    }

    [Fact]
    public async Task A_dry_run_deletes_nothing()
    {
        await Run("install");
        string[] before = [.. _server.Objects.Keys];
        PluginRun run = await Run("uninstall", "--dry-run");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(run.Output.TrimEnd().Split('\n'), line => Assert.EndsWith(" deleted (server dry run)", line));
        Assert.Equal(before, _server.Objects.Keys);
    }

    [Fact]
    public async Task A_namespace_with_foreign_objects_stays_without_our_labels()
    {
        await Run("install");
        _server.Add($"{Space}/configmaps/mine", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "mine" } });
        _server.Add($"{Space}/configmaps/kube-root-ca.crt", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt" } });
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            (0, "Namespace depmap stays: it holds configmaps/mine, which is not Depmap's.\nDepmap is uninstalled.\n"),
            (run.ExitCode, run.Error));
        Assert.Null(_server.Objects[Space]["metadata"]!["labels"]);
        Assert.False(_server.Objects.ContainsKey(Space + "-agents"));
    }

    [Fact]
    public async Task A_namespace_that_was_there_before_stays()
    {
        _server.Add(Space, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap" } });
        await Run("install");
        await Run("install");
        PluginRun run = await Run("uninstall");
        Assert.Equal("Namespace depmap stays: it was there before Depmap.\nDepmap is uninstalled.\n", run.Error);
        Assert.True(_server.Objects.ContainsKey(Space));
    }

    [Fact]
    public async Task What_install_left_half_done_goes()
    {
        _server.Answer = request => request.StartsWith("PATCH /apis/rbac", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        await Run("install");
        _server.Answer = _ => null;
        PluginRun run = await Run("uninstall");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task Where_not_all_namespaces_may_be_listed_its_own_are()
    {
        await Run("install");
        _server.Answer = request => request.StartsWith("GET /apis/apps/v1/deployments?", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        Assert.Contains("deployment/depmap-relay deleted\n", (await Run("uninstall")).Output);
    }

    [Fact]
    public async Task What_may_not_be_deleted_is_named_and_the_next_run_goes_on()
    {
        await Run("install");
        _server.Answer = request => request.StartsWith("DELETE /api/v1/namespaces/depmap/services/", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(403, "services \"depmap-relay\" is forbidden")
            : null;
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            (1, "error: service/depmap-relay could not be deleted: services \"depmap-relay\" is forbidden. "
            + "What is listed above is gone; uninstall again goes on from there\n"), (run.ExitCode, run.Error));
        _server.Answer = _ => null;
        Assert.Equal(0, (await Run("uninstall")).ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task Stopped_by_Ctrl_C_it_says_so_and_the_next_run_goes_on()
    {
        await Run("install");
        using var stop = new CancellationTokenSource();
        _server.Answer = request =>
        {
            if (request.StartsWith("DELETE", StringComparison.Ordinal))
                stop.Cancel();
            return null;
        };
        PluginRun stopped = await PluginRun.Of(["uninstall"], [], server: _server, cancellationToken: stop.Token);
        Assert.Equal(
            (130, "error: stopped before it was done. What is listed above is going; uninstall again goes on from there\n"),
            (stopped.ExitCode, stopped.Error));

        _server.Answer = _ => null;
        Assert.Equal(0, (await Run("uninstall")).ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task A_stuck_namespace_says_what_holds_it()
    {
        await Run("install");
        _server.Answer = request => request == $"DELETE {Space}" ? new ApiAnswer(200, null) : null;
        _server.Objects[Space]["status"] = JsonNode.Parse(
            """
            {"phase": "Terminating", "conditions": [
              {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All good"},
              {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "Some content has finalizers remaining: example.com/hold in 1 resource instances"}]}
            """);
        PluginRun run = await Run("uninstall", "--timeout", "1ms");
        Assert.Equal(
            (1, "error: namespace/depmap is not gone after 0 s: Some content has finalizers remaining: example.com/hold in 1 resource "
            + "instances. Try: kubectl depmap uninstall, once that is cleared\n"), (run.ExitCode, run.Error));
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
