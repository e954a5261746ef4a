using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Tests;

/// <summary>What users are told who may not do everything, and with how many requests that is found out.</summary>
public sealed class RightsTests
{
    private const string ReviewPath = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    private const string RulesPath = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";

    private const string HowToGrant = "For an administrator to grant them: kubectl depmap install --print-rights -o yaml\n";

    // What the role "admin" grants in a namespace, as far as it matters here.
    private const string NamespaceAdmin = """
        {"status": {"incomplete": false, "resourceRules": [
          {"verbs": ["*"], "apiGroups": ["", "apps", "policy", "rbac.authorization.k8s.io"], "resources": ["*"]},
          {"verbs": ["get", "list"], "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"]},
          {"verbs": ["patch"], "apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "resourceNames": ["other"]}]}}
        """;

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Fact]
    public async Task A_namespace_admin_gets_a_short_list_before_the_first_change()
    {
        Review(allowed: false, rules: NamespaceAdmin);
        PluginRun run = await Run("install");
        Assert.Equal(
            new PluginRun(1, "", $"""
                error: you are not allowed to install Depmap
                These rights are missing:
                  get, create, patch namespaces, clusterroles, clusterrolebindings
                  create, patch networkpolicies in depmap
                {HowToGrant}
                """.ReplaceLineEndings("\n")),
            run);
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_without_any_right_gets_a_short_list()
    {
        Review(allowed: false, rules: """{"status": {"incomplete": false, "resourceRules": []}}""");
        string[] lines = (await Run("install")).Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 4, 8);
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 200));
    }

    [Theory]
    // A cluster administrator.
    [InlineData(true, NamespaceAdmin, 1)]
    [InlineData(false, NamespaceAdmin, 20)]
    // Another authorizer than RBAC decides, as on GKE and EKS.
    [InlineData(false, """{"status": {"incomplete": true, "resourceRules": []}}""", 50)]
    public async Task Few_requests_are_sent_before_the_first_change(bool allowed, string rules, int maxReviews)
    {
        Review(allowed, rules);
        await Run("install");
        string[] before = [.. _server.Requests.TakeWhile(request => !request.StartsWith("PATCH", StringComparison.Ordinal))];
        Assert.InRange(before.Length, 1, 60);
        Assert.InRange(before.Count(request => request is ReviewPath or RulesPath), 1, maxReviews);
    }

    [Fact]
    public async Task If_reviews_fail_the_requests_show_what_is_allowed()
    {
        _server.Answer = request => request is ReviewPath or RulesPath ? FakeApiServer.Refuse(403, "no") : null;
        Assert.Equal(0, (await Run("install")).ExitCode);
    }

    [Theory]
    [InlineData("yaml")]
    [InlineData("json")]
    public async Task The_roles_to_grant_are_printed(string format)
    {
        _server.Answer = request => request == "POST /apis/authentication.k8s.io/v1/selfsubjectreviews"
            ? new ApiAnswer(201, JsonNode.Parse("""{"status": {"userInfo": {"username": "ann"}}}"""))
            : null;
        PluginRun run = await Run("install", "--print-rights", "-o", format);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        if (format == "yaml")
        {
            await Snapshot.Match(run.Output);
            Assert.Equal(8, YamlJson.Read(new StringReader(run.Output)).Count());
        }
        else
        {
            Assert.Equal("List", (string?)JsonNode.Parse(run.Output)!["kind"]);
        }

        Assert.Equal(["/api/v1/nodes/n1", "/version"], _server.Objects.Keys);
    }

    [Fact]
    public async Task Uninstall_lists_what_is_missing_in_the_same_way()
    {
        await Run("install");
        _server.Answer = request => request.StartsWith("GET /apis/", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            new PluginRun(1, "", $"""
                error: you are not allowed to uninstall Depmap
                These rights are missing:
                  list daemonsets, deployments, roles, rolebindings, networkpolicies, poddisruptionbudgets in depmap, depmap-agents
                  list clusterroles, clusterrolebindings
                {HowToGrant}
                """.ReplaceLineEndings("\n")),
            run);
    }

    [Fact]
    public async Task Status_prints_the_roles_that_it_needs()
    {
        await Run("install");
        _server.Answer = request => request.Contains("/deployments/", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        PluginRun run = await Run("status");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith(
            "error: you are not allowed to get deployments in namespace depmap. "
                + "Ask an administrator for these roles and bindings to them:\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n",
            run.Error);
        string roles = run.Error[(run.Error.IndexOf('\n') + 1)..];
        Assert.Equal(
            ["Role depmap", "Role depmap-agents", "ClusterRole "],
            YamlJson.Read(new StringReader(roles)).Select(role => $"{(string?)role["kind"]} {(string?)role["metadata"]!["namespace"]}"));
    }

    [Fact]
    public async Task Uninstall_deletes_nothing_if_it_may_not_delete_everything()
    {
        await Run("install");
        int before = _server.Objects.Count;
        Review(allowed: false, rules: NamespaceAdmin);
        PluginRun run = await Run("uninstall");
        Assert.Equal(
            new PluginRun(1, "", $"""
                error: you are not allowed to uninstall Depmap
                These rights are missing:
                  delete clusterroles, clusterrolebindings, namespaces
                  delete networkpolicies in depmap
                {HowToGrant}
                """.ReplaceLineEndings("\n")),
            run);
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("DELETE", StringComparison.Ordinal));
        Assert.Equal(before, _server.Objects.Count);
    }

    [Fact]
    public async Task Uninstall_needs_no_right_to_delete_a_namespace_that_it_keeps()
    {
        foreach (string ns in (string[])["depmap", "depmap-agents"])
            _server.Add($"/api/v1/namespaces/{ns}", new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns } });
        await Run("install");
        Review(allowed: false, rules: """{"status": {"incomplete": false, "resourceRules": []}}""");
        Assert.Contains("\n  patch namespaces\n", (await Run("uninstall")).Error);
    }

    [Theory]
    [InlineData("depmap")]
    [InlineData("depmap-agents")]
    public async Task Status_does_not_take_pods_that_it_may_not_list_for_none(string ns)
    {
        await Run("install");
        _server.Answer = request => request.StartsWith($"GET /api/v1/namespaces/{ns}/pods", StringComparison.Ordinal)
            ? FakeApiServer.Refuse(403, "no")
            : null;
        PluginRun run = await Run("status");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith(
            $"error: you are not allowed to list pods in namespace {ns}. "
                + "Ask an administrator for these roles and bindings to them:\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n",
            run.Error);
    }

    [Fact]
    public async Task Status_says_that_it_may_not_list_nodes()
    {
        await Run("install");
        _server.Answer = request => request == "GET /api/v1/nodes" ? FakeApiServer.Refuse(403, "no") : null;
        PluginRun run = await Run("status");
        Assert.Contains("\nnodes without an agent are not known: you are not allowed to list nodes\n", run.Output);
    }

    private void Review(bool allowed, string rules) => _server.Answer = request => request switch
    {
        ReviewPath => new ApiAnswer(201, new JsonObject { ["status"] = new JsonObject { ["allowed"] = allowed } }),
        RulesPath => new ApiAnswer(201, JsonNode.Parse(rules)),
        _ => null,
    };

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
