using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

/// <summary>Pods that the API server refuses to create for the controllers.</summary>
public sealed class RefusedPodsTests
{
    private const string EventPath = "/api/v1/namespaces/depmap-agents/events/e1";
    private const string DryRun = "POST /api/v1/namespaces/depmap-agents/pods?dryRun=All";

    private const string Quota =
        "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical system-cluster-critical]}]";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    public RefusedPodsTests() => _server.Changed = (_, resource) =>
    {
        FakeApiServer.MakeReady(resource);
        if (resource.Kind != "DaemonSet")
            return;
        resource["status"]!["numberReady"] = 0;
        AddEvent("2");
    };

    [Theory]
    [InlineData(Quota, "Namespace depmap-agents may not use this priority class. Try: --set agent.priorityClass=NAME with another class")]
    [InlineData("exceeded quota: few, requested: pods=1, used: pods=0, limited: pods=0", "Raise that quota of namespace depmap-agents")]
    [InlineData(
        "no PriorityClass with name critical was found",
        "Try: --set agent.priorityClass=NAME with a class that kubectl get priorityclass lists")]
    [InlineData("admission webhook \"a.example\" denied the request: no", "Exempt namespace depmap-agents from that policy")]
    public async Task A_refusal_ends_the_wait_with_its_text_and_what_to_do(string message, string advice)
    {
        _message = $"Error creating: pods \"depmap-agent-\" is forbidden: {message}";
        PluginRun run = await Install("--timeout", "20s");
        Assert.Equal(
            (1, $"error: the pods of daemonset/depmap-agent are refused: {_message}. {advice}\n"), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("Operation cannot be fulfilled on resourcequotas \"depmap-agent\": the object has been modified")]
    [InlineData("pods \"depmap-agent-\" is forbidden: status unknown for quota: depmap-agent, resources: pods")]
    [InlineData("pods \"depmap-agent-\" is forbidden: error looking up service account depmap-agents/depmap-agent: not found")]
    public async Task A_failure_that_ends_by_itself_does_not_end_the_wait(string message)
    {
        _message = message;
        PluginRun run = await Install("--timeout", "1100ms");
        Assert.Equal(
            (1, $"error: not ready after 1 s. agent: {message}. Try: kubectl depmap status\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_refusal_of_an_earlier_attempt_does_not_end_the_wait()
    {
        _message = Quota;
        AddEvent("2");
        PluginRun run = await Install("--timeout", "1100ms");
        Assert.Equal(
            (1, "error: not ready after 1 s. agent: 0 of 1 ready. Try: kubectl depmap status\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_repeated_refusal_of_an_earlier_attempt_ends_the_wait()
    {
        _message = Quota;
        AddEvent("1");
        PluginRun run = await Install("--timeout", "20s");
        Assert.StartsWith($"error: the pods of daemonset/depmap-agent are refused: {Quota}. ", run.Error);
    }

    [Theory]
    [InlineData(Quota)]
    [InlineData("status unknown for quota: depmap-agent, resources: pods")]
    public async Task The_API_server_learns_of_the_quota_a_moment_later(string message)
    {
        _server.Changed = (_, resource) => FakeApiServer.MakeReady(resource);
        int refusals = 2;
        _server.Answer = request => request == DryRun && refusals-- > 0 ? FakeApiServer.Refuse(403, message) : null;
        PluginRun run = await Install();
        Assert.Equal((0, "Depmap 0.1.0 is installed.\n"), (run.ExitCode, run.Error));
        Assert.Equal(3, _server.Requests.Count(request => request == DryRun));
    }

    [Fact]
    public async Task A_dry_run_ignores_that_the_quota_is_missing()
    {
        _server.Changed = (_, resource) => FakeApiServer.MakeReady(resource);
        await Install();
        _server.Answer = request => request == DryRun ? FakeApiServer.Refuse(403, Quota) : null;
        Assert.Equal((0, ""), ((await Install("--dry-run=server")) is var run ? (run.ExitCode, run.Error) : default));
    }

    private string _message = "";

    private void AddEvent(string version) => _server.Add(EventPath, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = "e1", ["uid"] = "u1", ["resourceVersion"] = version },
        ["reason"] = "FailedCreate",
        ["message"] = _message,
        ["involvedObject"] = new JsonObject { ["kind"] = "DaemonSet", ["name"] = "depmap-agent" },
    });

    private Task<PluginRun> Install(params string[] options) => PluginRun.Of(["install", .. options], [], server: _server);
}
