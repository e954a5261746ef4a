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
        PluginRun run = await Run("status", "--server", relay.Address, "-o", format);
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

        PluginRun run = await Run("status", "--server", relay.Address, "-o", format);

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
        PluginRun run = await Run("status", "--server", relay.Address);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(
            "\n\nn1: clients with the host network are shown as the node: the kernel's sockets have no cgroup\n\n"
                + "The certificates expire on ",
            run.Output);
    }

    [Fact]
    public async Task A_disconnected_agent_is_an_error()
    {
        await InstallAsync();
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1", connected: false));
        PluginRun run = await Run("status", "--server", relay.Address);
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
        PluginRun run = await Run("status", "--server", relay.Address);
        Assert.Equal(
            (1, $"error: the clock of node n1 is {difference} the clock of the relay's node. Try: check NTP on both nodes\n"),
            (run.ExitCode, run.Error));
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
        PluginRun run = await Run("status", "--server", relay.Address);
        Assert.Equal(
            (1, "error: the relay receives no updates of pods, so names may be out of date: the API server was silent for 3 minutes\n"),
            (run.ExitCode, run.Error));
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
        PluginRun run = await Run("status", "--server", "127.0.0.1:1");
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
    [InlineData(-701, "error: the certificates expire on 2026-06-02. Try: kubectl depmap install, which renews them\n")]
    [InlineData(
        -731,
        "error: the certificates expired on 2026-05-03, so agents cannot connect to the relay. Try: kubectl depmap install\n")]
    public async Task Expiring_certificates_are_an_error(int issuedDays, string error)
    {
        await InstallAsync();
        var authority = Install.CertificateAuthority.Create(PluginRun.Now.AddDays(issuedDays));
        var pair = authority.Issue("depmap-agent", Install.CertificateAuthority.Use.Client, PluginRun.Now.AddDays(issuedDays));
        JsonNode data = _server.Objects["/api/v1/namespaces/depmap-agents/secrets/depmap-agent-tls"]["data"]!;
        data["tls.crt"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair.Certificate));
        data["tls.key"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(pair.Key));
        Assert.Equal(error, (await RunWithRelay()).Error);
    }

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
        Lost = new Lost { Drops = 2, Sightings = 1 },
        LastHeardUnixNs = (PluginRun.Now.ToUnixTimeSeconds() - 3) * 1_000_000_000,
        ClockSkewNs = -2_500_000,
        FlowsPerSecond = 12.5,
    };

    /// <summary>Runs the command with a relay that the agent is connected to, reached through the cluster.</summary>
    private async Task<PluginRun> RunWithRelay()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Agents.Add(Agent("n1"));
        _server.Forward = _ => relay.ConnectAsync();
        return await Run("status");
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);
}
