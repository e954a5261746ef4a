using System.Text.Json.Nodes;
using Depmap.Plugin.Install;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Tests;

/// <summary>Which nodes an installation waits for, and what it says about the others.</summary>
public sealed class NodesTests
{
    private const string DaemonSet = "/apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Theory]
    [InlineData("windows", "amd64", "10.0.17763", "", "Windows is not supported")]
    [InlineData("linux", "s390x", "6.1.0", "", "no image for s390x")]
    [InlineData("linux", "amd64", "5.4.0-150-generic", "", "kernel 5.4.0-150-generic is older than 5.10")]
    [InlineData("linux", "amd64", "5.10.1", "eks.amazonaws.com/compute-type=fargate", "Fargate does not run DaemonSets")]
    [InlineData("linux", "amd64", "", "type=virtual-kubelet", "virtual nodes do not run DaemonSets")]
    public async Task A_node_that_cannot_run_the_agent_is_named_and_a_cluster_of_such_nodes_is_refused(
        string os, string architecture, string kernel, string label, string reason)
    {
        AddNode("n2", os, architecture, kernel, label);
        PluginRun run = await Install();
        Assert.Equal(
            (0, $"Depmap 0.1.0 is installed.\n1 of 2 nodes is not observed: n2 ({reason})\n"), (run.ExitCode, run.Error));

        var unable = FakeApiServer.Ready();
        unable.Objects["/api/v1/nodes/n1"] = _server.Objects["/api/v1/nodes/n2"];
        PluginRun refused = await PluginRun.Of(["install"], [], server: unable);
        Assert.Equal(new PluginRun(1, "", $"error: no node of this cluster can be observed: n2 ({reason})\n"), refused);
        Assert.Equal(["/api/v1/nodes/n1", "/version"], unable.Objects.Keys);
    }

    [Fact]
    public async Task An_Autopilot_cluster_is_refused()
    {
        _server.Objects.Remove("/api/v1/nodes/n1");
        foreach (string name in (string[])["gk3-a", "gk3-b", "gk3-c", "gk3-d"])
            AddNode(name, "linux", "amd64", "6.1.0", "");
        Assert.Equal(
            new PluginRun(1, "", "error: no node of this cluster can be observed: gk3-a, gk3-b, gk3-c and 1 more "
                + "(GKE Autopilot does not allow pods with the host network and these capabilities)\n"),
            await Install());
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    // An old kernel and Autopilot are not in the labels.
    [Theory]
    [InlineData("linux", "amd64", "", true)]
    [InlineData("linux", "arm64", "", true)]
    [InlineData("linux", "arm64", "type=other", true)]
    [InlineData("linux", "amd64", "eks.amazonaws.com/compute-type=ec2", true)]
    [InlineData("windows", "amd64", "", false)]
    [InlineData("linux", "s390x", "", false)]
    [InlineData("linux", "ppc64le", "", false)]
    [InlineData("linux", "amd64", "eks.amazonaws.com/compute-type=fargate", false)]
    [InlineData("linux", "amd64", "type=virtual-kubelet", false)]
    public void The_node_affinity_selects_the_nodes_that_are_waited_for(string os, string architecture, string label, bool isSelected)
    {
        AddNode("n2", os, architecture, "6.1.0", label);
        JsonObject node = _server.Objects["/api/v1/nodes/n2"];
        Assert.Equal(isSelected, ClusterNode.Of(node).Obstacle is null);
        JsonObject agents = InstallObjects.Build(new InstallValues(), "0.1.0").Single(resource => resource.Kind == "DaemonSet");
        Assert.Equal(isSelected, IsSelected(node, agents["spec"]!["template"]!["spec"]!));
    }

    [Fact]
    public async Task A_node_that_is_not_ready_is_not_waited_for()
    {
        AddNode("n2");
        AddPod("n1", isReady: true);
        AddPod("n2", isReady: false);
        AgentsStatus(desired: 2, ready: 1);
        NotReady("n2");
        PluginRun run = await Install("--timeout", "5s");
        Assert.Equal(
            (0, "agent on n2: the node is not ready\nDepmap 0.1.0 is installed.\n"
                + "1 of 2 nodes is not observed: n2 (the node is not ready)\n"),
            (run.ExitCode, run.Error));
        // 1 for the lost node, and 25% of the others.
        Assert.Equal(2, (int?)_server.Objects[DaemonSet]["spec"]!["updateStrategy"]!["rollingUpdate"]!["maxUnavailable"]);
    }

    [Fact]
    public async Task An_agent_with_the_previous_version_is_waited_for_although_another_node_is_lost()
    {
        AddNode("n2");
        AddPod("n1", isReady: true, generation: 1);
        AddPod("n2", isReady: false, generation: 1);
        AgentsStatus(desired: 2, ready: 1, generation: 2);
        NotReady("n2");
        PluginRun run = await Install("--timeout", "1ms");
        Assert.EndsWith(
            "\nerror: not ready after 0 s. agent on n1: not updated yet. Try: kubectl depmap status\n", $"\n{run.Error}");
    }

    [Theory]
    [InlineData("", 1, "error: not ready after 0 s. agent on n2: starting. Try: kubectl depmap status\n")]
    [InlineData("--partial", 0, "Depmap 0.1.0 is installed.\n1 of 2 nodes is not observed: n2 (starting)\n")]
    public async Task A_ready_node_is_waited_for_unless_partial_success_is_enough(string option, int exitCode, string end)
    {
        AddNode("n2");
        AddPod("n1", isReady: true);
        AddPod("n2", isReady: false);
        AgentsStatus(desired: 2, ready: 1);
        PluginRun run = await Install(["--timeout", "1ms", .. option.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((exitCode, $"agent on n2: starting\n{end}"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Partial_success_needs_one_agent()
    {
        AddPod("n1", isReady: false);
        AgentsStatus(desired: 1, ready: 0);
        Assert.Equal(1, (await Install("--timeout", "1ms", "--partial")).ExitCode);
    }

    [Fact]
    public async Task Nodes_without_the_labels_of_the_node_selector_are_not_counted()
    {
        AddNode("n2", label: "pool=web");
        AddNode("n3", "windows", label: "pool=web");
        AddNode("n4", "windows");
        Assert.Equal(
            "Depmap 0.1.0 is installed.\n1 of 2 nodes is not observed: n3 (Windows is not supported)\n",
            (await Install("--node-selector", "pool=web")).Error);
    }

    [Fact]
    public void Many_nodes_are_named_in_part() => Assert.Equal(
        "5 of 9 nodes are not observed: n1, n2, n3 and 1 more (the node is not ready), w1 (Windows is not supported)",
        UnobservedNodes.Describe(
            9,
            [
                .. from name in (string[])["n4", "n1", "n2", "n3"] select (name, "the node is not ready"),
                ("w1", "Windows is not supported"),
            ]));

    private static bool IsSelected(JsonObject node, JsonNode pod)
    {
        bool Matches(JsonNode expression)
        {
            string? value = node.Label((string)expression["key"]!);
            bool isListed = value is not null && expression["values"]!.AsArray().Any(listed => (string?)listed == value);
            return (string?)expression["operator"] == "In" ? isListed : !isListed;
        }

        JsonNode affinity = pod["affinity"]!["nodeAffinity"]!["requiredDuringSchedulingIgnoredDuringExecution"]!;
        return pod["nodeSelector"]!.AsObject().All(pair => node.Label(pair.Key) == (string?)pair.Value)
            && affinity["nodeSelectorTerms"]!.AsArray().Single()!["matchExpressions"]!.AsArray().All(expression => Matches(expression!));
    }

    private void AddNode(
        string name, string os = "linux", string architecture = "amd64", string kernel = "6.1.0", string label = "")
    {
        JsonObject node = FakeApiServer.Node(name, os, architecture, kernel);
        JsonObject labels = node.At("metadata", "labels");
        (labels["kubernetes.io/os"], labels["kubernetes.io/arch"]) = (os, architecture);
        if (label.Length > 0)
            labels[label.Split('=')[0]] = label.Split('=')[1];
        _server.Add($"/api/v1/nodes/{name}", node);
    }

    private void NotReady(string name) => _server.Objects[$"/api/v1/nodes/{name}"]["status"]!["conditions"] =
        new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "Unknown" });

    private void AddPod(string node, bool isReady, int generation = 1) =>
        _server.Add($"/api/v1/namespaces/depmap-agents/pods/depmap-agent-{node}", new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"depmap-agent-{node}",
                ["labels"] = new JsonObject { ["pod-template-generation"] = $"{generation}" },
            },
            ["spec"] = new JsonObject { ["nodeName"] = node },
            ["status"] = new JsonObject
            {
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = isReady ? "True" : "False" }),
            },
        });

    private void AgentsStatus(int desired, int ready, int generation = 1) => _server.Changed = (_, resource) =>
    {
        FakeApiServer.MakeReady(resource);
        if (resource.Kind != "DaemonSet")
            return;
        resource.At("metadata", "annotations")["deprecated.daemonset.template.generation"] = $"{generation}";
        (resource["status"]!["desiredNumberScheduled"], resource["status"]!["numberReady"]) = (desired, ready);
    };

    private Task<PluginRun> Install(params string[] options) => PluginRun.Of(["install", .. options], [], server: _server);
}
