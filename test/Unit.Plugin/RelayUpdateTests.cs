using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

/// <summary>An update of the relay, which starts a new pod beside the old one.</summary>
public sealed class RelayUpdateTests
{
    private readonly FakeApiServer _server = FakeApiServer.Ready();

    public RelayUpdateTests()
    {
        _server.Changed = (_, resource) =>
        {
            FakeApiServer.MakeReady(resource);
            if (resource.Kind == "Deployment")
                resource["status"]!["replicas"] = 2;
        };
        _server.Add("/api/v1/namespaces/depmap/pods/old", Pod("old", "2026-05-04T09:00:00Z", """
            {"conditions": [{"type": "Ready", "status": "True"}]}
            """));
        _server.Add("/api/v1/namespaces/depmap/pods/new", Pod("new", "2026-05-04T10:00:00Z", """
            {"containerStatuses": [{"state": {"terminated": {"exitCode": 1, "message": "error: no such flag\n"}}}]}
            """));
    }

    [Fact]
    public async Task Install_waits_for_the_new_relay_although_the_old_one_is_ready()
    {
        PluginRun run = await PluginRun.Of(["install", "--timeout", "1ms"], [], server: _server);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            "relay on n1: exited with code 1: error: no such flag\n"
            + "error: not ready after 0 s. relay on n1: exited with code 1: error: no such flag. Try: kubectl depmap status\n", run.Error);
    }

    [Fact]
    public async Task Status_reports_that_the_previous_relay_still_serves()
    {
        await PluginRun.Of(["install", "--no-wait"], [], server: _server);
        PluginRun run = await PluginRun.Of(["status"], [], server: _server);
        Assert.Contains(
            "error: the relay is not ready: exited with code 1: error: no such flag; the previous relay still serves\n", run.Error);
        Assert.Equal(1, run.ExitCode);
    }

    private static JsonObject Pod(string name, string created, string status) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "depmap",
            ["creationTimestamp"] = created,
            ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "depmap", ["app.kubernetes.io/component"] = "relay" },
        },
        ["spec"] = new JsonObject { ["nodeName"] = "n1" },
        ["status"] = JsonNode.Parse(status),
    };
}
