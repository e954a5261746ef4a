using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>The commands with a relay in a cluster.</summary>
public sealed class RelayInClusterTests
{
    private readonly FakeApiServer _server = new();

    [Fact]
    public async Task It_is_found_by_its_labels_and_reached_through_the_API_server()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        AddPod("depmap", "depmap-relay-1", "2026-05-04T10:00:00Z");
        _server.Forward = _ => relay.ConnectAsync();
        PluginRun run = await Run("map");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("CLIENT ", run.Output);
        Assert.Equal(
            [
                "GET /api/v1/pods?labelSelector=app.kubernetes.io%2Fname%3Ddepmap%2Capp.kubernetes.io%2Fcomponent%3Drelay",
                "FORWARD depmap/depmap-relay-1:9470",
            ],
            _server.Requests);
    }

    [Fact]
    public async Task With_an_address_no_cluster_is_needed()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(0, (await Run("observe", "--relay", relay.Address)).ExitCode);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}""", "b")]
    [InlineData("""{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}""", """{"phase": "Running"}""", "a")]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Running"}""", "b")] // the newer one
    [InlineData("""{"phase": "Running"}""", """{"phase": "Pending"}""", "a")]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Succeeded"}""", "a")]
    public async Task A_ready_pod_is_preferred_then_the_newest(string a, string b, string chosen)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AddPod("depmap", "a", "2026-05-04T10:00:00Z", a);
        AddPod("depmap", "b", "2026-05-04T10:01:00Z", b);
        _server.Forward = _ => relay.ConnectAsync();
        await Run("map");
        Assert.Equal($"FORWARD depmap/{chosen}:9470", _server.Requests[^1]);
    }

    [Fact]
    public async Task Without_permission_for_all_namespaces_depmap_is_searched()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Answer = request =>
            request.StartsWith("GET /api/v1/pods", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        _server.Forward = _ => relay.ConnectAsync();
        Assert.Equal(0, (await Run("map")).ExitCode);
        Assert.StartsWith("GET /api/v1/namespaces/depmap/pods?", _server.Requests[1]);
    }

    [Fact]
    public async Task Only_the_given_namespace_is_searched()
    {
        AddPod("other", "a", "2026-05-04T10:00:00Z");
        Assert.Equal(
            new PluginRun(1, "", "error: no relay found in namespace mine. Try: kubectl depmap install\n"),
            await Run("map", "--depmap-namespace", "mine"));
        Assert.StartsWith("GET /api/v1/namespaces/mine/pods?", _server.Requests.Single());
    }

    [Fact]
    public async Task Without_a_relay_the_error_suggests_a_command()
    {
        Assert.Equal(
            new PluginRun(1, "", "error: no relay found in the cluster of context test. Try: kubectl depmap install\n"),
            await Run("observe", "-f"));
        AddPod(
            "depmap",
            "a",
            "2026-05-04T10:00:00Z",
            """{"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}""");
        Assert.Equal(
            new PluginRun(1, "", "error: the relay in namespace depmap is not running: ImagePullBackOff. Try: kubectl depmap status\n"),
            await Run("observe"));
        AddPod("other", "b", "2026-05-04T10:00:00Z");
        Assert.Equal(
            new PluginRun(1, "", "error: relays found in the namespaces depmap, other. Choose one: --depmap-namespace NAME\n"),
            await Run("map"));
    }

    [Theory]
    [InlineData("forward", "port-forward to the relay")]
    [InlineData("list", "list pods to find the relay")]
    public async Task Without_permission_the_missing_Role_is_printed(string request, string action)
    {
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = _ => throw new ForwardException(403, "no");
        if (request == "list")
            _server.Answer = _ => FakeApiServer.Refuse(403, "no");
        Assert.Equal(
            new PluginRun(1, "", $$"""
                error: you are not allowed to {{action}} in namespace depmap. Ask an administrator for this Role and a RoleBinding to it:
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: depmap-reader
                  namespace: depmap
                rules:
                  - apiGroups: [""]
                    resources: [pods]
                    verbs: [list]
                  - apiGroups: [""]
                    resources: [pods/portforward]
                    verbs: [get, create]

                """),
            await Run("map"));
    }

    [Fact]
    public async Task Connection_errors_are_printed()
    {
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        Assert.Equal("error: cannot reach the relay in pod depmap/a: pods not found\n", (await Run("map")).Error);
        _server.Forward = _ => throw new ApiException("cannot reach the API server");
        Assert.Equal("error: cannot reach the API server\n", (await Run("map")).Error);
    }

    [Fact]
    public async Task A_broken_port_forward_is_restored_and_the_reader_continues()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Ring = 7;
        relay.Responses.Add(new ObserveResponse { Lost = new LostReport { Agents = new Lost { Drops = 3 } } });
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        var forwards = new List<Stream>();
        _server.Forward = async _ =>
        {
            Stream forward = await relay.ConnectAsync();
            forwards.Add(forward);
            return forward;
        };
        using var stop = new CancellationTokenSource();
        using var output = new Lines(count =>
        {
            if (count == 1)
                forwards[0].Dispose();
            else
                stop.Cancel();
        });
        PluginRun run = await PluginRun.Of(["observe", "-f", "--last", "3"], [], output, server: _server, cancellationToken: stop.Token);
        Assert.Equal(
            new PluginRun(0, "", """
                lost: 3 drops at the agents' ring buffers
                lost the connection to the relay in pod depmap/a, reconnecting
                connected to the relay in pod depmap/a again, continuing after the last flow

                """),
            run);
        Assert.Equal(
            new ObserveRequest
            {
                Filter = new Filter(),
                Follow = true,
                After = new Position { Ring = 7, Sequence = Examples.Forwarded.Sequence },
            },
            relay.Observed);
    }

    [Fact]
    public async Task After_a_relay_is_killed_the_next_continues_without_duplicates()
    {
        Flow after = Examples.Forwarded.Clone();
        after.Source.Port++;
        await using FakeRelay first = await FakeRelay.StartAsync(), second = await FakeRelay.StartAsync();
        (first.Status.Ring, second.Status.Ring) = (7, 8);
        first.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        second.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        second.Responses.Add(new ObserveResponse { Flow = after });
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = target => (target.Contains("/a:", StringComparison.Ordinal) ? first : second).ConnectAsync();
        int lists = 0;
        _server.Answer = request =>
        {
            // The next relay appears later.
            if (request.StartsWith("GET", StringComparison.Ordinal) && ++lists == 3)
                AddPod("depmap", "b", "2026-05-04T10:00:09Z");
            return null;
        };
        using var stop = new CancellationTokenSource();
        using var output = new Lines(count =>
        {
            if (count == 1)
            {
                _server.Objects.Clear();
                first.StopAsync().Wait();
            }
            else
            {
                stop.Cancel();
            }
        });
        PluginRun run = await PluginRun.Of(["observe", "-f"], [], output, server: _server, cancellationToken: stop.Token);
        Assert.Equal(
            new PluginRun(0, "", """
                lost the connection to the relay in pod depmap/a, reconnecting
                no relay found in the cluster of context test. Try: kubectl depmap install
                connected to the relay in pod depmap/b, which has restarted: flows that only the previous relay had are missing

                """),
            run);
        Assert.Equal(2, output.Count);
    }

    [Fact]
    public async Task A_revoked_permission_ends_the_reader()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        relay.EndsFollow = true;
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = _ => relay.ConnectAsync();
        using var output = new Lines(_ => _server.Forward = _ => throw new ForwardException(403, "no"));
        PluginRun run = await PluginRun.Of(["observe", "-f"], [], output, server: _server);
        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith(
            "lost the connection to the relay in pod depmap/a, reconnecting\n"
            + "error: you are not allowed to port-forward to the relay in namespace depmap. ",
            run.Error);
    }

    [Fact]
    public async Task Without_follow_a_lost_relay_is_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Failure = new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "the relay is stopping"));
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = _ => relay.ConnectAsync();
        Assert.Equal(
            "error: lost the connection to the relay in pod depmap/a: the relay closed it. Is the relay still running? Try again\n",
            (await Run("observe")).Error);
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);

    /// <summary>Adds a running relay.</summary>
    internal static void AddRelay(FakeApiServer server) =>
        AddPod(server, "depmap", "depmap-relay-1", "2026-05-04T10:00:00Z", """{"phase": "Running"}""");

    private void AddPod(string ns, string name, string created, string status = """{"phase": "Running"}""") =>
        AddPod(_server, ns, name, created, status);

    private static void AddPod(FakeApiServer server, string ns, string name, string created, string status) =>
        server.Add($"/api/v1/namespaces/{ns}/pods/{name}", new JsonObject
        {
            ["metadata"] = new JsonObject { ["namespace"] = ns, ["name"] = name, ["creationTimestamp"] = created },
            ["status"] = JsonNode.Parse(status),
        });

    private sealed class Lines(Action<int> written) : MemoryStream
    {
        public int Count { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer) => written(++Count);
    }
}
