using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Tests;

public sealed class OpenShiftTests
{
    private const string Constraints = "/apis/security.openshift.io/v1/securitycontextconstraints/depmap-agent";
    private const string Agent = "/apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent";
    private const string Relay = "/apis/apps/v1/namespaces/depmap/deployments/depmap-relay";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task The_agents_get_constraints_that_allow_what_they_have_and_nothing_more()
    {
        BeOpenShift();
        PluginRun run = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (run.ExitCode, run.Error));
        Assert.Contains(
            "securitycontextconstraints/depmap-agent created\nclusterrole/depmap-agent created\nclusterrolebinding/depmap-agent created\n"
            + "serviceaccount/depmap-relay created\n", run.Output);
        JsonObject constraints = _server.Objects[Constraints];
        Assert.Equal("""["BPF","PERFMON","NET_ADMIN"]""", constraints["allowedCapabilities"]!.ToJsonString());
        Assert.Equal(
            ["allowHostNetwork", "readOnlyRootFilesystem"],
            constraints.Where(member => member.Value?.ToJsonString() == "true").Select(member => member.Key));
        Assert.Equal(
            """[{"kind":"ServiceAccount","name":"depmap-agent","namespace":"depmap-agents"}]""",
            _server.Objects["/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/depmap-agent"]["subjects"]!.ToJsonString());
        Assert.Equal("spc_t", (string?)Pod(Agent)["securityContext"]!["seLinuxOptions"]!["type"]);
        Assert.Equal(
            """{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}""", Pod(Relay)["securityContext"]!.ToJsonString());

        Assert.Equal(0, (await PluginRun.Of(["uninstall"], [], server: _server)).ExitCode);
        Assert.DoesNotContain(Constraints, _server.Objects.Keys);
    }

    [Fact]
    public async Task The_constraints_follow_the_capabilities_and_the_SELinux_type()
    {
        BeOpenShift();
        await Install("--legacy-capabilities", "--set", "agent.seLinuxType=depmap_t");
        Assert.Equal("""["SYS_ADMIN","SYS_RESOURCE","NET_ADMIN"]""", _server.Objects[Constraints]["allowedCapabilities"]!.ToJsonString());
        Assert.Equal("depmap_t", (string?)_server.Objects[Constraints]["seLinuxContext"]!["seLinuxOptions"]!["type"]);
        Assert.Equal("depmap_t", (string?)Pod(Agent)["securityContext"]!["seLinuxOptions"]!["type"]);
    }

    [Fact]
    public async Task Elsewhere_nothing_of_it_is_applied()
    {
        await Install();
        Assert.DoesNotContain(Constraints, _server.Objects.Keys);
        Assert.Equal(65532, (int)Pod(Relay)["securityContext"]!["runAsUser"]!);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_value_replaces_the_question_to_the_cluster(string value)
    {
        await Install("--set", $"openshift={value}");
        Assert.Equal(value == "true", _server.Objects.ContainsKey(Constraints));
        Assert.DoesNotContain("GET /apis/security.openshift.io/v1", _server.Requests);
    }

    [Fact]
    public async Task If_the_cluster_is_not_OpenShift_no_pod_is_changed()
    {
        _server.Answer = request => request.StartsWith($"PATCH {Constraints}", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(404, "the server could not find the requested resource")
            : null;
        PluginRun run = await Install("--set", "openshift=true");
        Assert.Equal(
            "error: securitycontextconstraints/depmap-agent was refused: this cluster is not OpenShift. Try: --set openshift=false "
            + "(the objects listed above were applied; to continue: kubectl depmap install)\n", run.Error);
        Assert.DoesNotContain(Relay, _server.Objects.Keys);
    }

    [Fact]
    public async Task Elsewhere_uninstall_needs_no_permission_for_constraints()
    {
        await Install();
        _server.Answer = request => request.StartsWith(
            "GET /apis/security.openshift.io/v1/securitycontextconstraints", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(403, "forbidden")
            : null;
        PluginRun run = await PluginRun.Of(["uninstall"], [], server: _server);
        Assert.Equal((0, "Depmap is uninstalled.\n"), (run.ExitCode, run.Error));
    }

    private void BeOpenShift() => _server.Answer = request =>
        request == "GET /apis/security.openshift.io/v1" ? new ApiAnswer(200, new JsonObject { ["kind"] = "APIResourceList" }) : null;

    private JsonNode Pod(string workload) => _server.Objects[workload]["spec"]!["template"]!["spec"]!;

    private Task<PluginRun> Install(params string[] options) => PluginRun.Of(["install", .. options], [], server: _server);
}
