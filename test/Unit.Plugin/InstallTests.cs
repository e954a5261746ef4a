using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

public sealed class InstallTests
{
    private const string Relay = "/apis/apps/v1/namespaces/depmap/deployments/depmap-relay";
    private const string Binding = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/depmap-relay";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task Each_object_is_applied_and_printed()
    {
        PluginRun run = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (run.ExitCode, run.Error));
        Assert.Equal(
            """
            namespace/depmap created
            namespace/depmap-agents created
            secret/depmap-certificate-authority created
            secret/depmap-agent-certificate created
            role/depmap-certificate-authority created
            rolebinding/depmap-certificate-authority created
            role/depmap-agent-certificate created
            rolebinding/depmap-agent-certificate created
            serviceaccount/depmap-relay created
            clusterrole/depmap-relay created
            clusterrolebinding/depmap-relay created
            configmap/depmap-relay created
            service/depmap-relay created
            networkpolicy/depmap-relay created
            poddisruptionbudget/depmap-relay created
            deployment/depmap-relay created
            serviceaccount/depmap-agent created
            configmap/depmap-agent created
            resourcequota/depmap-agent created
            daemonset/depmap-agent created

            """.ReplaceLineEndings("\n"), run.Output);
        Assert.All(_server.Requests.Where(request => request.StartsWith("PATCH", StringComparison.Ordinal)),
            request => Assert.EndsWith("?fieldManager=depmap&force=false", request));
    }

    [Fact]
    public async Task Twice_in_a_row_nothing_changes()
    {
        await Install();
        PluginRun run = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is already installed: nothing changed.\n"), (run.ExitCode, run.Error));
        Assert.All(run.Output.TrimEnd().Split('\n'), line => Assert.EndsWith(" unchanged", line));
    }

    [Theory]
    [InlineData("--wait=false")]
    [InlineData("--no-wait")]
    public async Task Without_a_wait_it_is_not_reported_as_installed(string flag)
    {
        PluginRun run = await Install(flag);
        Assert.Equal((0, "Depmap 0.1.0 is applied; the relay and the agents are starting. Try: kubectl depmap status\n"),
            (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task An_older_version_is_upgraded()
    {
        await Install();
        _server.Objects[Binding]["metadata"]!["labels"]!["app.kubernetes.io/version"] = "0.0.9";
        PluginRun run = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (run.ExitCode, run.Error));
        Assert.Contains("clusterrolebinding/depmap-relay configured\n", run.Output);
    }

    [Fact]
    public async Task A_newer_version_requires_force()
    {
        await Install();
        _server.Objects[Binding]["metadata"]!["labels"]!["app.kubernetes.io/version"] = "0.2.0";
        PluginRun refused = await Install();
        Assert.Equal(
            (1, "", "error: version 0.2.0 is installed, which is newer than 0.1.0. Try: --force to install 0.1.0\n"),
            (refused.ExitCode, refused.Output, refused.Error));
        Assert.Equal(0, (await Install("--force")).ExitCode);
    }

    [Fact]
    public async Task A_second_namespace_is_refused()
    {
        await Install();
        PluginRun run = await Install("--namespace", "other");
        Assert.Equal("error: Depmap is installed in namespace depmap. Try: --namespace depmap, or first: kubectl depmap uninstall\n",
            run.Error);
    }

    [Fact]
    public async Task An_installation_by_Helm_is_refused()
    {
        _server.Add(Binding, Helm());
        PluginRun run = await Install("--force");
        Assert.Equal(
            new PluginRun(1, "", "error: Depmap was installed by Helm. Try: helm upgrade, or first: helm uninstall eyes --namespace obs\n"),
            run);
    }

    /// <summary>The marker object of an installation by Helm.</summary>
    internal static JsonObject Helm() => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = "depmap-relay",
            ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "depmap", ["app.kubernetes.io/managed-by"] = "Helm" },
            ["annotations"] = new JsonObject { ["meta.helm.sh/release-name"] = "eyes", ["meta.helm.sh/release-namespace"] = "obs" },
        },
    };

    [Fact]
    public async Task A_server_dry_run_stores_nothing()
    {
        PluginRun run = await Install("--dry-run=server");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("clusterrole/depmap-relay created (server dry run)\n", run.Output);
        Assert.Contains("deployment/depmap-relay not checked: namespace depmap does not exist yet (server dry run)\n", run.Output);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Theory]
    [InlineData("pods \"depmap-agent-x\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)")]
    [InlineData("admission webhook \"policies.example\" denied the request: no host paths")]
    [InlineData("pods \"depmap-agent-x\" is forbidden: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no host network")]
    public async Task Pods_that_a_policy_would_refuse_are_reported_immediately(string refusal)
    {
        _server.Answer = request =>
            request == "POST /api/v1/namespaces/depmap-agents/pods?dryRun=All" ? FakeApiServer.Refuse(403, refusal) : null;
        PluginRun run = await Install();
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"error: the pods of daemonset/depmap-agent would be refused: {refusal}. Exempt namespace depmap-agents from that policy "
                + "(the objects listed above were applied; to continue: kubectl depmap install)\n",
            run.Error);
        Assert.DoesNotContain("daemonset/depmap-agent", run.Output);
    }

    [Theory]
    [InlineData(403, "pods is forbidden: User \"ann\" cannot create resource \"pods\" in API group \"\" in the namespace \"depmap\"")]
    [InlineData(400, "admission webhook \"old.example\" does not support dry run")]
    public async Task Without_permission_to_check_pods_it_installs_anyway(int status, string refusal)
    {
        _server.Answer = request =>
            request.Contains("/pods?dryRun=All", StringComparison.Ordinal) ? FakeApiServer.Refuse(status, refusal) : null;
        Assert.Equal(0, (await Install()).ExitCode);
    }

    [Fact]
    public async Task Objects_applied_before_a_refusal_are_kept_and_the_next_run_continues()
    {
        _server.Answer = request => request.StartsWith($"PATCH {Relay}", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(403, "deployments.apps \"depmap-relay\" is forbidden: exceeded quota")
            : null;
        PluginRun refused = await Install();
        Assert.Equal(
            (1, "error: deployment/depmap-relay was refused: deployments.apps \"depmap-relay\" is forbidden: exceeded quota "
            + "(the objects listed above were applied; to continue: kubectl depmap install)\n"), (refused.ExitCode, refused.Error));
        Assert.EndsWith("poddisruptionbudget/depmap-relay created\n", refused.Output);

        _server.Answer = _ => null;
        PluginRun again = await Install();
        Assert.Equal(0, again.ExitCode);
        Assert.StartsWith("namespace/depmap unchanged\n", again.Output);
        Assert.EndsWith("daemonset/depmap-agent created\n", again.Output);
    }

    [Fact]
    public async Task A_refusal_at_any_step_lists_the_applied_objects_and_the_next_run_applies_the_rest()
    {
        string[] all = (await Install()).Output.TrimEnd().Split('\n');
        for (int step = 0; step < all.Length; step++)
        {
            FakeApiServer fresh = FakeApiServer.Ready();
            int changed = 0;
            string refused = all[step].Split(' ')[0];
            fresh.Answer = request =>
                request.StartsWith("PATCH", StringComparison.Ordinal) && changed++ == step ? FakeApiServer.Refuse(403, "no") : null;
            PluginRun first = await PluginRun.Of(["install"], [], server: fresh);
            Assert.Equal(1, first.ExitCode);
            Assert.Equal(all[..step], first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            string rest = step == 0 ? "" : " (the objects listed above were applied; to continue: kubectl depmap install)";
            Assert.Equal($"error: {refused} was refused: no{rest}\n", first.Error);

            fresh.Answer = _ => null;
            PluginRun second = await PluginRun.Of(["install"], [], server: fresh);
            Assert.Equal(0, second.ExitCode);
            string[] lines = second.Output.TrimEnd().Split('\n');
            Assert.Equal(all.Select(line => line.Split(' ')[0]), lines.Select(line => line.Split(' ')[0]));
            Assert.All(lines[..step], line => Assert.EndsWith(" unchanged", line));
            Assert.All(lines[step..], line => Assert.DoesNotMatch(" unchanged$", line));
            Assert.Equal(_server.Objects.Keys, fresh.Objects.Keys);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(18)]
    public async Task An_interruption_is_reported_and_the_next_run_continues(int changes)
    {
        using var stop = new CancellationTokenSource();
        _server.Changed = (_, resource) =>
        {
            FakeApiServer.MakeReady(resource);
            if (--changes == 0)
                stop.Cancel();
        };
        PluginRun interrupted = await PluginRun.Of(["install"], [], server: _server, cancellationToken: stop.Token);
        Assert.Equal(
            (130, "error: interrupted. The objects listed above were applied. Try: kubectl depmap install to continue, "
                + "or kubectl depmap uninstall to remove them\n"),
            (interrupted.ExitCode, interrupted.Error));
        string[] applied = [.. _server.Objects.Keys];

        PluginRun again = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (again.ExitCode, again.Error));
        Assert.Empty(applied.Except(_server.Objects.Keys));
    }

    [Theory]
    [InlineData("install")]
    [InlineData("uninstall")]
    [InlineData("status")]
    [InlineData("observe")]
    [InlineData("map")]
    [InlineData("try")]
    public async Task An_unreachable_cluster_is_one_line_in_every_command(string command)
    {
        PluginRun notFound = await PluginRun.Of(command);
        Assert.Equal((1, "", "error: cannot reach a cluster\n"), (notFound.ExitCode, notFound.Output, notFound.Error));

        _server.Answer = _ => throw new ApiException("cannot reach the API server: connection refused");
        PluginRun down = await PluginRun.Of([command], [], server: _server);
        Assert.Equal((1, "", "error: cannot reach the API server: connection refused\n"), (down.ExitCode, down.Output, down.Error));
    }

    [Fact]
    public async Task A_conflict_suggests_force()
    {
        _server.Answer = request => request.StartsWith("PATCH /api/v1/namespaces/depmap?", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(409, "Apply failed with 1 conflict: conflict with \"helm\": .metadata.labels.x")
            : null;
        Assert.Equal(
            "error: namespace/depmap has fields owned by another manager: Apply failed with 1 conflict: conflict with \"helm\": "
            + ".metadata.labels.x. Try: --force to overwrite them\n", (await Install()).Error);
    }

    [Fact]
    public async Task Certificates_need_cert_manager_only_if_it_is_their_source()
    {
        string[] issuer = ["--set", "certificates.certManager.issuer=ClusterIssuer/ca"];
        PluginRun missing = await Install(issuer);
        Assert.Equal(
            new PluginRun(1, "", "error: this cluster has no cert-manager, which certificates.certManager.issuer needs. "
                + "Install it first, or leave that value out\n"),
            missing);

        _server.Add("/apis/cert-manager.io/v1", []);
        PluginRun run = await Install(issuer);
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (run.ExitCode, run.Error));
        Assert.Contains("certificate/depmap-relay created\n", run.Output);
        Assert.DoesNotContain("secret/", run.Output);

        await PluginRun.Of(["uninstall"], [], server: _server);
        Assert.DoesNotContain(_server.Objects.Keys, key => key.Contains("depmap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_namespace_that_is_being_deleted_is_an_error()
    {
        _server.Add("/api/v1/namespaces/depmap-agents", new JsonObject { ["status"] = new JsonObject { ["phase"] = "Terminating" } });
        Assert.Equal(
            "error: namespace depmap-agents is being deleted. Wait until it is deleted, then install again\n", (await Install()).Error);
    }

    [Theory]
    [InlineData("28", "error: Kubernetes v1.28+ is too old: Depmap needs 1.29 or newer\n")]
    [InlineData("29+", "Depmap 0.1.0 is installed.\n")]
    public async Task An_old_server_is_refused(string minor, string message)
    {
        _server.Add("/version", new JsonObject { ["minor"] = minor, ["gitVersion"] = "v1.28+" });
        Assert.Equal(message, (await Install()).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("custom")]
    public async Task A_node_whose_kernel_version_is_unknown_is_not_excluded(string kernel)
    {
        _server.Add("/api/v1/nodes/n2", FakeApiServer.Node("n2", kernel: kernel));
        Assert.Equal("Depmap 0.1.0 is installed.\n", (await Install()).Error);
    }

    [Fact]
    public async Task The_last_log_line_of_a_crashing_agent_is_printed()
    {
        _server.Changed = (_, resource) =>
        {
            FakeApiServer.MakeReady(resource);
            if (resource.Kind == "DaemonSet")
                resource["status"]!["numberReady"] = 0;
        };
        _server.Add("/api/v1/namespaces/depmap-agents/pods/depmap-agent-x", (JsonObject)JsonNode.Parse(
            """
            {"metadata": {"name": "depmap-agent-x"}, "spec": {"nodeName": "n1"}, "status": {"containerStatuses": [{
              "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
              "lastState": {"terminated": {"exitCode": 1, "message": "info starting\nerror: no BTF\n"}}}]}}
            """)!);
        PluginRun run = await Install("--timeout", "1ms");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            "agent on n1: exited with code 1: error: no BTF\n"
            + "error: not ready after 0 s. agent on n1: exited with code 1: error: no BTF. Try: kubectl depmap status\n", run.Error);
    }

    [Theory]
    [InlineData(
        """{"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}""",
        null,
        "ImagePullBackOff: no such image")]
    [InlineData(
        """{"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}""",
        "secret \"x\" not found",
        "ContainerCreating: secret \"x\" not found")]
    [InlineData(
        """{"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}""",
        "MountVolume.SetUp failed for volume \"tls\" : references non-existent secret key: tls.crt",
        "waiting for its certificate")]
    [InlineData(
        "{}",
        "MountVolume.SetUp failed for volume \"tls\" : failed to sync secret cache: timed out waiting for the condition",
        "waiting for its certificate")]
    [InlineData("""{"containerStatuses": [{"state": {"running": {}}}]}""", null, "running, not ready yet")]
    // As runc and CRI-O say it.
    [InlineData(
        """
        {"containerStatuses": [{"state": {"terminated": {"reason": "StartError", "exitCode": 128,
          "message": "failed to create containerd task: unknown capability \"CAP_PERFMON\""}}}]}
        """,
        null,
        "exited with code 128: failed to create containerd task: unknown capability \"CAP_PERFMON\". "
            + "Try: kubectl depmap install --legacy-capabilities")]
    [InlineData(
        """
        {"containerStatuses": [{"state": {"waiting": {"reason": "CreateContainerError", "message": "Unknown capability to add: CAP_BPF"}}}]}
        """,
        null,
        "CreateContainerError: Unknown capability to add: CAP_BPF. Try: kubectl depmap install --legacy-capabilities")]
    // The agent's own error has the advice.
    [InlineData(
        """
        {"containerStatuses": [{"state": {"terminated": {"exitCode": 1, "message":
          "error: missing CAP_BPF: the container runtime may not know it. Try: kubectl depmap install --legacy-capabilities"}}}]}
        """,
        null,
        "exited with code 1: error: missing CAP_BPF: the container runtime may not know it. "
            + "Try: kubectl depmap install --legacy-capabilities")]
    [InlineData(
        """{"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"ready": true, "state": {"running": {}}}]}""",
        null,
        "its node is not ready")]
    [InlineData(
        """{"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/2 nodes are\navailable"}]}""",
        null,
        "not scheduled: 0/2 nodes are available")]
    [InlineData("""{"conditions": [{"type": "Ready", "status": "True"}]}""", null, null)]
    [InlineData("{}", null, "starting")]
    public void The_reason_why_a_pod_is_not_ready(string status, string? warning, string? reason) => Assert.Equal(
        reason,
        PodReadiness.NotReadyReason(new JsonObject { ["metadata"] = new JsonObject(), ["status"] = JsonNode.Parse(status) }, warning));

    [Theory]
    [InlineData("0.2.0", "0.1.9", true)]
    [InlineData("0.10.0", "0.9.0", true)]
    [InlineData("0.1.0", "0.1.0", false)]
    [InlineData("0.1.0", "0.1.0-rc1", true)]
    [InlineData("0.1.0-rc1", "0.1.0", false)]
    [InlineData("v1.0.0", "0.9.0+abc", true)]
    public void Versions_are_compared_by_number(string version, string other, bool isNewer) =>
        Assert.Equal(isNewer, VersionComparer.IsNewer(version, other));

    private Task<PluginRun> Install(params string[] options) => PluginRun.Of(["install", .. options], [], server: _server);
}
