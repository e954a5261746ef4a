using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

public sealed class StatusTests
{
    private const string Ready = """{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}""";

    private readonly FakeApiServer _server = FakeApiServer.Ready();

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task Without_errors_the_state_is_printed(string format)
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Api = new ApiStatus { Synced = true, ListRequests = 6, WatchRequests = 14, Bytes = 1_300_000 };
        relay.Status.Certificates = Certificates(relay: 60, agents: 61, authority: 900);
        PluginRun run = await Run("status", "--relay", relay.Address, "-o", format);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output, format);
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public async Task Notes_are_below_the_table_and_errors_on_stderr(string format)
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        (string Node, string Kernel)[] nodes = [("n2", "5.10.0-30-amd64"), ("n3", "5.15.0-91-generic"), ("n4", "6.6.8")];
        foreach ((string node, string kernel) in nodes)
        {
            _server.Add($"/api/v1/nodes/{node}", FakeApiServer.Node(node, kernel: kernel));
            AddPod("depmap-agents", $"depmap-agent-{node}", Ready, node);
            relay.Status.Agents.Add(Agent(node));
        }

        (AgentStatus n2, AgentStatus n3, AgentStatus n4) = (relay.Status.Agents[1], relay.Status.Agents[2], relay.Status.Agents[3]);
        n2.Hello.AttachMode = n3.Hello.AttachMode = n4.Hello.AttachMode = "clsact";
        n2.Hello.Features = new KernelFeatures { Drops = DropExplanation.None };
        n2.Attachments = new Attachments { OneDirection = 2, Preceded = 1, Unobserved = 1, Waiting = 1, Failing = 1, Restored = 3 };
        n3.Hello.Features = new KernelFeatures { Drops = DropExplanation.ByPlace, SocketCgroups = true };
        n3.Attachments = new Attachments { OneDirection = 2 };
        (n4.Hello.Features, n4.Attachments) = (null, null);
        relay.Status.Api = new ApiStatus { Synced = true, ListRequests = 6, WatchRequests = 14, Bytes = 1_300_000 };
        relay.Status.Certificates = Certificates(relay: 60, agents: 61, authority: 900);

        PluginRun run = await Run("status", "--relay", relay.Address, "-o", format);

        Assert.Equal(
            (1, "error: n2: 1 pod interface is not observed: another program redirects its packets before Depmap sees them\n"
                + "error: the agent on n2 cannot attach to 1 pod interface. Try: kubectl logs -n depmap-agents depmap-agent-n2\n"),
            (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output, format);
    }

    [Fact]
    public async Task A_note_is_not_an_error()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Agents[0].Hello.Features.SocketCgroups = false;
        relay.Status.Certificates = Certificates(relay: 60, agents: 61, authority: 900);
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            "\n\nn1: clients with the host network are shown as the node: the kernel's sockets have no cgroup\n\n"
                + "The certificates expire: relay ",
            run.Output);
    }

    [Fact]
    public async Task Nodes_that_are_not_observed_are_a_note()
    {
        await InstallAsync();
        foreach ((string name, string os, string kernel) in
            ((string, string, string)[])[("n2", "windows", "10.0"), ("n3", "linux", "5.4.0"), ("n4", "linux", "6.1.0")])
        {
            _server.Add($"/api/v1/nodes/{name}", FakeApiServer.Node(name, os, kernel: kernel));
        }

        // No label keeps the agent from a node with an old kernel, where it exits.
        AddPod("depmap-agents", "depmap-agent-n3", """{"containerStatuses": [{"state": {"terminated": {"exitCode": 1}}}]}""", "n3");
        PluginRun run = await RunWithRelay();
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            "\n\n3 of 4 nodes are not observed: n2 (Windows is not supported), n3 (kernel 5.4.0 is older than 5.10), "
                + "n4 (it has no agent)\n",
            run.Output);
    }

    [Theory]
    [InlineData(
        """{"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"ready": true, "state": {"running": {}}}]}""")]
    [InlineData("""{"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}]}""")]
    public async Task A_node_that_is_not_ready_is_a_note_and_its_agent_an_error(string status)
    {
        await InstallAsync(status);
        _server.Objects["/api/v1/nodes/n1"]["status"]!["conditions"] =
            new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "Unknown" });
        PluginRun run = await RunWithRelay();
        Assert.Equal((1, "error: the agent on n1 is not ready: its node is not ready\n"), (run.ExitCode, run.Error));
        Assert.Contains("\n\n1 of 1 node is not observed: n1 (the node is not ready)\n", run.Output);
    }

    [Fact]
    public async Task A_disconnected_agent_is_an_error()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1", connected: false));
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal(
            (1, "error: the agent on n1 does not report to the relay. Try: kubectl logs -n depmap-agents depmap-agent-x\n"),
            (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData(1_500_000_000, "1.5 s ahead of")]
    [InlineData(-61_000_000_000, "61.0 s behind")]
    public async Task Clock_skew_is_an_error(long skew, string difference)
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AgentStatus agent = Agent("n1");
        agent.ClockSkewNs = skew;
        relay.Status.Agents.Add(agent);
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal(
            (1, $"error: the clock of node n1 is {difference} the clock of the relay's node. Try: check NTP on both nodes\n"),
            (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Invalid_reports_and_refused_agents_are_errors()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AgentStatus agent = Agent("n1");
        agent.InvalidReports = 3;
        relay.Status.Agents.Add(agent);
        relay.Status.RefusedAgents.Add(new RefusedAgent
        {
            Node = "n1",
            Reason = "an agent that names node n1, but connects from 172.30.7.12, an address of node n2",
            Times = 2,
        });
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            "error: n1: the relay ignored 3 reports that cannot be true, such as times out of range\n"
                + "error: the relay refuses an agent that names node n1, but connects from 172.30.7.12, an address of node n2 "
                + "(2 times in the last hour)\n",
            run.Error);
        run = await Run("status", "--relay", relay.Address, "-o", "json");
        Assert.Equal(3, (int?)JsonNode.Parse(run.Output)!["agents"]![0]!["invalid_reports"]);
    }

    [Fact]
    public async Task Time_without_an_agent_is_a_note()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Gaps.Add(new ObservationGap { Node = "n1", FromUnixNs = 1, ToUnixNs = 12_000_000_000 });
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("\n\nn1 was not observed for 12 s in the last hour\n", run.Output);
    }

    [Fact]
    public async Task What_the_relay_had_no_room_for_is_a_note()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Lost = new LostReport { Flows = 3, ForgottenFlows = 40 };
        relay.Status.UnmappedFlows = 500;
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            "\n\nthe relay had no room for all flows: 3 are missing, and of 40 the end and the further bytes (relay.maxFlows)\n"
                + "the map had no room for all edges: those of 500 flows are missing (relay.maxEdges)\n",
            run.Output);
    }

    [Fact]
    public async Task A_problem_of_the_history_is_a_note()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.HistoryProblem = "the history cannot be saved: disk is full";
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("\n\nthe history cannot be saved: disk is full\n", run.Output);
    }

    [Fact]
    public async Task An_outage_of_the_API_server_is_an_error()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Api = new ApiStatus
        {
            Synced = true,
            Outages = { new ApiOutage { Kind = "pods", Reason = "was silent for 3 minutes" } },
        };
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Equal(
            (1, "error: the relay receives no updates of pods, so names may be out of date: the API server was silent for 3 minutes\n"),
            (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task An_address_of_several_pods_is_noted()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.AddressConflicts.Add(new AddressConflict { Address = "10.244.1.2", Pods = { "shop/a", "shop/b" } });
        PluginRun run = await Run("status", "--relay", relay.Address);
        Assert.Contains("10.244.1.2 is the address of several running pods (shop/a, shop/b): its flows are marked as guessed", run.Output);
    }

    [Fact]
    public async Task The_reason_of_a_crashing_agent_is_printed()
    {
        await InstallAsync(
            """
            {"containerStatuses": [{
              "state": {"waiting": {"reason": "CrashLoopBackOff"}},
              "lastState": {"terminated": {"exitCode": 1, "message": "error: no BTF"}}}]}
            """);
        PluginRun run = await RunWithRelay();
        Assert.Equal((1, "error: the agent on n1 is not ready: exited with code 1: error: no BTF\n"), (run.ExitCode, run.Error));
        Assert.Contains("\nagent       n1     no ", run.Output);
    }

    [Fact]
    public async Task Without_an_installation_the_error_suggests_install() => Assert.Equal(
        new PluginRun(1, "", "error: Depmap is not installed in namespace depmap. Try: kubectl depmap install\n"), await Run("status"));

    [Fact]
    public async Task A_missing_relay_is_an_error()
    {
        await InstallAsync();
        _server.Objects.Remove("/apis/apps/v1/namespaces/depmap/deployments/depmap-relay");
        Assert.Equal("error: the relay is missing. Try: kubectl depmap install\n", (await Run("status")).Error);
    }

    [Fact]
    public async Task Missing_agents_are_an_error()
    {
        await InstallAsync();
        _server.Objects["/apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent"]["status"]!["desiredNumberScheduled"] = 3;
        Assert.Equal(
            "error: 2 of 3 agents have no pod. Try: kubectl -n depmap-agents describe daemonset depmap-agent\n",
            (await RunWithRelay()).Error);
    }

    [Fact]
    public async Task An_unreachable_relay_is_an_error_and_the_rest_is_printed()
    {
        await InstallAsync();
        PluginRun run = await Run("status", "--relay", "127.0.0.1:1");
        Assert.StartsWith("error: cannot reach the relay at 127.0.0.1:1: ", run.Error);
        Assert.Contains("\nagent       n1     yes ", run.Output);
    }

    [Fact]
    public async Task The_relay_is_reached_through_the_cluster()
    {
        await InstallAsync();
        _server.Requests.Clear();
        PluginRun run = await RunWithRelay();
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("FORWARD depmap/depmap-relay-x:9470", _server.Requests);
    }

    [Fact]
    public async Task Without_permission_to_port_forward_the_missing_Role_and_the_rest_are_printed()
    {
        await InstallAsync();
        _server.Forward = _ => throw new ForwardException(403, "no");
        PluginRun run = await Run("status");
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("error: you are not allowed to port-forward to the relay in namespace depmap. ", run.Error);
        Assert.Contains("\nkind: Role\n", run.Error);
        Assert.Contains("\nagent       n1     yes ", run.Output);
    }

    [Theory]
    [InlineData(
        -1, 30, 700, true, "", false,
        "error: the relay's certificate expired on 2026-05-03, so agents cannot connect to the relay\n")]
    [InlineData(
        40, -1, 700, false, "", false,
        "error: the agents' certificate expired on 2026-05-03, so agents cannot connect to the relay. Try: renew it in its Secret\n")]
    [InlineData(
        40, 0, -1, false, "", false,
        "error: the certificate authority expired on 2026-05-03, so agents cannot connect to the relay. Try: renew it in its Secret\n")]
    [InlineData(
        40, 40, 700, true, "secret x in namespace depmap does not exist", true,
        "error: the relay cannot renew the certificates: secret x in namespace depmap does not exist. Try: kubectl depmap install\n")]
    [InlineData(
        40, 40, 700, true, "the API server returned 500 for secret x in namespace depmap", false,
        "error: the relay cannot renew the certificates: the API server returned 500 for secret x in namespace depmap\n")]
    public async Task Expired_certificates_and_a_relay_that_cannot_renew_them_are_errors(
        int relay, int agents, int authority, bool renewed, string problem, bool objectMissing, string error)
    {
        await InstallAsync();
        CertificateStatus status = Certificates(relay, agents, authority);
        (status.RenewedByRelay, status.Problem, status.ObjectMissing) = (renewed, problem, objectMissing);
        PluginRun run = await RunWithRelay(status);
        Assert.Equal((1, error), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData(
        40, 41, 700, true,
        "The certificates expire: relay 2026-06-13, agents 2026-06-14, authority 2028-04-03. The relay renews them.")]
    [InlineData(40, 0, 700, false, "The certificates expire: relay 2026-06-13, authority 2028-04-03.")]
    [InlineData(0, 0, 0, true, "There are no certificates yet.")]
    public async Task The_ends_of_the_certificates_are_printed(int relay, int agents, int authority, bool renewed, string line)
    {
        await InstallAsync();
        CertificateStatus status = Certificates(relay, agents, authority);
        status.RenewedByRelay = renewed;
        PluginRun run = await RunWithRelay(status);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.EndsWith($"\n\n{line}\n", run.Output);
    }

    /// <param name="relay">Days from now; 0 if it is not known.</param>
    private static CertificateStatus Certificates(int relay, int agents, int authority) => new()
    {
        RelayEndUnixS = Seconds(relay),
        AgentsEndUnixS = Seconds(agents),
        AuthorityEndUnixS = Seconds(authority),
        RenewedByRelay = true,
    };

    private static long Seconds(int days) => days == 0 ? 0 : PluginRun.Now.AddDays(days).ToUnixTimeSeconds();

    private async Task InstallAsync(string agentStatus = Ready)
    {
        await Run("install");
        AddPod("depmap", "depmap-relay-x", Ready);
        AddPod("depmap-agents", "depmap-agent-x", agentStatus);
    }

    private void AddPod(string ns, string name, string status, string node = "n1") =>
        _server.Add($"/api/v1/namespaces/{ns}/pods/{name}", new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["namespace"] = ns,
                ["name"] = name,
                ["labels"] = new JsonObject { ["app.kubernetes.io/version"] = "0.1.0" },
            },
            ["spec"] = new JsonObject { ["nodeName"] = node },
            ["status"] = JsonNode.Parse(status),
        });

    private static AgentStatus Agent(string node, bool connected = true) => new()
    {
        Hello = new Hello
        {
            Node = node,
            AttachMode = "tcx",
            Kernel = "6.1.0-10-generic",
            Version = "0.1.0",
            Features = new KernelFeatures { Drops = DropExplanation.ByReason, SocketCgroups = true },
        },
        Connected = connected,
        Interfaces = 12,
        Attachments = new Attachments(),
        Lost = new Lost { Drops = 2, Connections = 1 },
        LastHeardUnixNs = (PluginRun.Now.ToUnixTimeSeconds() - 3) * 1_000_000_000,
        ClockSkewNs = -2_500_000,
        FlowsPerSecond = 12.5,
    };

    /// <summary>Runs the command with a relay that the agent is connected to, reached through the cluster.</summary>
    private async Task<PluginRun> RunWithRelay(CertificateStatus? certificates = null)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        relay.Status.Certificates = certificates;
        _server.Forward = _ => relay.ConnectAsync();
        return await Run("status");
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
