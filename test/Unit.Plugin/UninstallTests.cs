using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Tests;

public sealed class UninstallTests
{
    private const string NamespacePath = "/api/v1/namespaces/depmap";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task Only_objects_of_install_are_deleted()
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
        Assert.Equal(20, lines.Length);
    }

    [Fact]
    public async Task The_second_time_there_is_nothing_to_do()
    {
        await Run("install");
        await Run("uninstall");
        Assert.Equal(new PluginRun(0, "", "Depmap is not installed: nothing to do.\n"), await Run("uninstall"));
    }

    [Fact]
    public async Task An_installation_by_Helm_is_refused()
    {
        _server.Add("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/depmap-relay", InstallTests.Helm());
        Assert.Equal(
            new PluginRun(1, "", "error: Depmap was installed by Helm. Try: helm uninstall eyes --namespace obs\n"),
            await Run("uninstall"));
    }

    [Theory]
    [InlineData("--dry-run=client", " deleted (dry run)", "")]
    [InlineData("--dry-run=server", " deleted (server dry run)", "")]
    [InlineData("--dry-run", " deleted (dry run)", "--dry-run is deprecated and can be replaced with --dry-run=client.\n")]
    public async Task A_dry_run_deletes_nothing(string flag, string end, string warning)
    {
        await Run("install");
        string[] before = [.. _server.Objects.Keys];
        _server.Requests.Clear();
        PluginRun run = await Run("uninstall", flag);
        Assert.Equal((0, warning), (run.ExitCode, run.Error));
        string[] lines = run.Output.TrimEnd().Split('\n');
        Assert.Equal(20, lines.Length);
        Assert.All(lines, line => Assert.EndsWith(end, line));
        Assert.Equal(before, _server.Objects.Keys);
        Assert.Equal(
            flag.EndsWith("server", StringComparison.Ordinal) ? 20 : 0,
            _server.Requests.Count(request => request.StartsWith("DELETE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_a_dry_run_everything_is_deleted()
    {
        await Run("install");
        Assert.Equal("Depmap is uninstalled.\n", (await Run("uninstall", "--dry-run=none")).Error);
    }

    [Theory]
    [InlineData("--depmap-namespace")]
    [InlineData("--namespace")]
    [InlineData("-n")]
    public async Task Without_rights_in_all_namespaces_the_given_one_is_searched(string flag)
    {
        _server.Answer = request =>
            request.StartsWith("GET /api/v1/configmaps", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        await Run("uninstall", flag, "watch");
        Assert.Contains(_server.Requests, request =>
            request.StartsWith("GET /api/v1/namespaces/watch/configmaps", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_namespace_with_other_objects_is_kept_without_our_labels()
    {
        await Run("install");
        _server.Add($"{NamespacePath}/configmaps/mine", new JsonObject { ["metadata"] = new JsonObject { ["name"] = "mine" } });
        _server.Add(
            $"{NamespacePath}/configmaps/kube-root-ca.crt",
            new JsonObject { ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt" } });
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            (0, "Namespace depmap is kept: it contains objects of others: configmaps/mine.\nDepmap is uninstalled.\n"),
            (run.ExitCode, run.Error));
        Assert.Null(_server.Objects[NamespacePath]["metadata"]!["labels"]);
        Assert.False(_server.Objects.ContainsKey(NamespacePath + "-agents"));
    }

    [Fact]
    public async Task A_namespace_that_existed_before_is_kept()
    {
        _server.Add(NamespacePath, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap" } });
        await Run("install");
        await Run("install");
        PluginRun run = await Run("uninstall");
        Assert.Equal("Namespace depmap is kept: it existed before Depmap was installed.\nDepmap is uninstalled.\n", run.Error);
        Assert.True(_server.Objects.ContainsKey(NamespacePath));
    }

    [Fact]
    public async Task An_incomplete_installation_is_deleted()
    {
        _server.Answer = request =>
            request.StartsWith("PATCH /apis/rbac", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        await Run("install");
        _server.Answer = _ => null;
        PluginRun run = await Run("uninstall");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task Without_permission_for_all_namespaces_the_own_ones_are_searched()
    {
        await Run("install");
        _server.Answer = request =>
            request.StartsWith("GET /apis/apps/v1/deployments?", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        Assert.Contains("deployment/depmap-relay deleted\n", (await Run("uninstall")).Output);
    }

    [Fact]
    public async Task A_forbidden_deletion_is_an_error_and_the_next_run_continues()
    {
        await Run("install");
        _server.Answer = request => request.StartsWith("DELETE /api/v1/namespaces/depmap/services/", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(403, "services \"depmap-relay\" is forbidden")
            : null;
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            (1, "error: cannot delete service/depmap-relay: services \"depmap-relay\" is forbidden "
            + "(the objects listed above were deleted; to continue: kubectl depmap uninstall)\n"), (run.ExitCode, run.Error));
        _server.Answer = _ => null;
        Assert.Equal(0, (await Run("uninstall")).ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task An_interruption_is_reported_and_the_next_run_continues()
    {
        await Run("install");
        using var stop = new CancellationTokenSource();
        _server.Answer = request =>
        {
            if (request.StartsWith("DELETE", StringComparison.Ordinal))
                stop.Cancel();
            return null;
        };
        PluginRun interrupted = await PluginRun.Of(["uninstall"], [], server: _server, cancellationToken: stop.Token);
        Assert.Equal(
            (130, "error: interrupted. The objects listed above are being deleted. Try: kubectl depmap uninstall to continue\n"),
            (interrupted.ExitCode, interrupted.Error));

        _server.Answer = _ => null;
        Assert.Equal(0, (await Run("uninstall")).ExitCode);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task A_namespace_that_cannot_be_deleted_is_reported_with_the_reason()
    {
        await Run("install");
        _server.Answer = request => request == $"DELETE {NamespacePath}" ? new ApiAnswer(200, null) : null;
        _server.Objects[NamespacePath]["status"] = JsonNode.Parse(
            """
            {"phase": "Terminating", "conditions": [
              {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All good"},
              {"type": "NamespaceFinalizersRemaining", "status": "True",
                "message": "Some content has finalizers remaining: example.com/hold in 1 resource instances"}]}
            """);
        PluginRun run = await Run("uninstall", "--timeout", "1ms");
        Assert.Equal(
            (1, "error: namespace/depmap is not deleted after 0 s: Some content has finalizers remaining: example.com/hold in 1 resource "
            + "instances. Resolve this, then: kubectl depmap uninstall\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData(false, "Namespace depmap-agents stays Terminating")]
    [InlineData(true, "It stays Terminating")]
    public async Task A_node_that_is_not_ready_is_not_waited_for(bool isAdopted, string what)
    {
        const string agents = "/api/v1/namespaces/depmap-agents";
        if (isAdopted)
            _server.Add(agents, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "depmap-agents" } });
        await Run("install");
        // Its pod keeps the DaemonSet and the namespace.
        JsonObject node = FakeApiServer.Node("n2");
        node["status"]!["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "Unknown" });
        _server.Add("/api/v1/nodes/n2", node);
        AddPod("n2", isTerminating: true);
        _server.Answer = request => request is $"DELETE {agents}"
            or "DELETE /apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent" ? new ApiAnswer(200, null) : null;

        PluginRun run = await Run("uninstall", "--timeout", "20s");

        string kept = isAdopted ? "Namespace depmap-agents is kept: it existed before Depmap was installed.\n" : "";
        Assert.Equal(
            (0, $"{kept}Pod depmap-agent-n2 on node n2 cannot be deleted while the node is not ready. {what} until it is back, "
                + "or deleted with kubectl delete node n2; then Kubernetes deletes the rest.\nDepmap is uninstalled, except on n2.\n"),
            (run.ExitCode, run.Error));
        Assert.EndsWith(isAdopted ? "namespace/depmap deleted\n" : "namespace/depmap-agents deleted\n", run.Output);
        Assert.DoesNotContain(NamespacePath, _server.Objects.Keys);
    }

    [Theory]
    [InlineData("n1", true)] // a ready node
    [InlineData("n9", true)] // a deleted node
    [InlineData("n2", false)] // the controller has not deleted the pod yet
    public async Task Other_nodes_are_waited_for(string node, bool isTerminating)
    {
        await Run("install");
        _server.Add("/api/v1/nodes/n2", FakeApiServer.Node("n2"));
        AddPod(node, isTerminating);
        _server.Answer = request => request == "DELETE /apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent"
            ? new ApiAnswer(200, null)
            : null;
        Assert.Equal(
            "error: daemonset/depmap-agent is not deleted after 0 s. Resolve this, then: kubectl depmap uninstall\n",
            (await Run("uninstall", "--timeout", "1ms")).Error);
    }

    private void AddPod(string node, bool isTerminating)
    {
        var metadata = new JsonObject
        {
            ["name"] = $"depmap-agent-{node}",
            ["labels"] = new JsonObject { ["app.kubernetes.io/component"] = "agent" },
            ["ownerReferences"] = new JsonArray(new JsonObject { ["kind"] = "DaemonSet", ["controller"] = true }),
        };
        if (isTerminating)
            metadata["deletionTimestamp"] = "2026-05-04T10:14:00Z";
        _server.Add($"/api/v1/namespaces/depmap-agents/pods/depmap-agent-{node}", new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["nodeName"] = node },
        });
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
