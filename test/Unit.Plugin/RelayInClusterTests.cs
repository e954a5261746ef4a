using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary>The commands against a relay that a cluster runs.</summary>
public sealed class RelayInClusterTests
{
    private readonly FakeApiServer _server = new();

    [Fact]
    public async Task It_is_found_by_its_labels_and_asked_through_the_api_server()
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
    public async Task A_server_that_is_named_needs_no_cluster()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(0, (await Run("observe", "--server", relay.Address)).ExitCode);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}""", "b")]
    [InlineData("""{"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}""", """{"phase": "Running"}""", "a")]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Running"}""", "b")] // the newer one
    [InlineData("""{"phase": "Running"}""", """{"phase": "Pending"}""", "a")]
    [InlineData("""{"phase": "Running"}""", """{"phase": "Succeeded"}""", "a")]
    public async Task Of_several_pods_a_ready_one_is_asked_then_the_newest(string a, string b, string asked)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AddPod("depmap", "a", "2026-05-04T10:00:00Z", a);
        AddPod("depmap", "b", "2026-05-04T10:01:00Z", b);
        _server.Forward = _ => relay.ConnectAsync();
        await Run("map");
        Assert.Equal($"FORWARD depmap/{asked}:9470", _server.Requests[^1]);
    }

    [Fact]
    public async Task Who_may_not_look_everywhere_looks_in_depmap()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Answer = request => request.StartsWith("GET /api/v1/pods", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        _server.Forward = _ => relay.ConnectAsync();
        Assert.Equal(0, (await Run("map")).ExitCode);
        Assert.StartsWith("GET /api/v1/namespaces/depmap/pods?", _server.Requests[1]);
    }

    [Fact]
    public async Task One_namespace_is_looked_in_where_it_is_named()
    {
        AddPod("other", "a", "2026-05-04T10:00:00Z");
        Assert.Equal(
            new PluginRun(1, "", "error: there is no relay in namespace mine. Try: kubectl depmap install\n"),
            await Run("map", "--depmap-namespace", "mine"));
        Assert.StartsWith("GET /api/v1/namespaces/mine/pods?", _server.Requests.Single());
    }

    [Fact]
    public async Task Without_a_relay_it_says_what_to_do()
    {
        Assert.Equal(
            new PluginRun(1, "", "error: there is no relay in the cluster of context test. Try: kubectl depmap install\n"), await Run("observe", "-f"));
        AddPod("depmap", "a", "2026-05-04T10:00:00Z", """{"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]}""");
        Assert.Equal(
            new PluginRun(1, "", "error: the relay in namespace depmap does not run: ImagePullBackOff. Try: kubectl depmap status\n"), await Run("observe"));
        AddPod("other", "b", "2026-05-04T10:00:00Z");
        Assert.Equal(
            new PluginRun(1, "", "error: there are relays in the namespaces depmap, other. Say which: --depmap-namespace NAME\n"), await Run("map"));
    }

    [Theory]
    [InlineData("forward", "port-forward to the relay")]
    [InlineData("list", "list pods to find the relay")]
    public async Task Who_may_not_is_told_the_role_that_is_missing(string what, string words)
    {
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = _ => throw new ForwardException(403, "no");
        if (what == "list")
            _server.Answer = _ => FakeApiServer.Refuse(403, "no");
        Assert.Equal(
            new PluginRun(1, "", $$"""
                error: you may not {{words}} in namespace depmap. What is missing is this Role, and a RoleBinding of it to you:
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
    public async Task What_breaks_on_the_way_is_named()
    {
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        Assert.Equal("error: cannot reach the relay in pod depmap/a: pods not found\n", (await Run("map")).Error);
        _server.Forward = _ => throw new ApiException("cannot reach the API server");
        Assert.Equal("error: cannot reach the API server\n", (await Run("map")).Error);
    }

    [Fact]
    public async Task A_broken_forward_is_made_again_and_the_reader_goes_on()
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
                lost the relay in pod depmap/a, looking for it again
                going on with the relay in pod depmap/a, after the last flow seen

                """),
            run);
        Assert.Equal(
            new ObserveRequest { Filter = new Filter(), Follow = true, After = new Position { Ring = 7, Sequence = Examples.Forwarded.Sequence } },
            relay.Observed);
    }

    [Fact]
    public async Task A_relay_that_is_killed_is_followed_by_the_next_without_doubles()
    {
        Flow after = Examples.Forwarded.Clone();
        after.Source.Port++;
        await using FakeRelay first = await FakeRelay.StartAsync(), second = await FakeRelay.StartAsync();
        (first.Status.Ring, second.Status.Ring) = (7, 8);
        first.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        second.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        second.Responses.Add(new ObserveResponse { Flow = after });
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = place => (place.Contains("/a:", StringComparison.Ordinal) ? first : second).ConnectAsync();
        int looks = 0;
        _server.Answer = request =>
        {
            // Its successor is not there at once.
            if (request.StartsWith("GET", StringComparison.Ordinal) && ++looks == 3)
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
                lost the relay in pod depmap/a, looking for it again
                there is no relay in the cluster of context test. Try: kubectl depmap install
                going on with the relay in pod depmap/b, which has started anew: what only the one before knew is missing

                """),
            run);
        Assert.Equal(2, output.Count);
    }

    [Fact]
    public async Task A_right_that_was_taken_meanwhile_ends_it()
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
            "lost the relay in pod depmap/a, looking for it again\nerror: you may not port-forward to the relay in namespace depmap. ", run.Error);
    }

    [Fact]
    public async Task Without_follow_a_lost_relay_is_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Failure = new Grpc.Core.RpcException(new Grpc.Core.Status(Grpc.Core.StatusCode.Unavailable, "the relay is stopping"));
        AddPod("depmap", "a", "2026-05-04T10:00:00Z");
        _server.Forward = _ => relay.ConnectAsync();
        Assert.Equal(
            "error: lost the relay in pod depmap/a: it ended the connection. Is it still running? Try again\n", (await Run("observe")).Error);
    }

    private Task<PluginRun> Run(params string[] args) => PluginRun.Of(args, [], server: _server);

    private void AddPod(string space, string name, string created, string status = """{"phase": "Running"}""") =>
        _server.Add($"/api/v1/namespaces/{space}/pods/{name}", new JsonObject
        {
            ["metadata"] = new JsonObject { ["namespace"] = space, ["name"] = name, ["creationTimestamp"] = created },
            ["status"] = JsonNode.Parse(status),
        });

    private sealed class Lines(Action<int> written) : MemoryStream
    {
        public int Count { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer) => written(++Count);
    }
}
