using System.Collections.Concurrent;
using System.Diagnostics;
using Depmap.Relay.Cluster;
using Depmap.Relay.Objects;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>An informer of nodes with various responses of the API server.</summary>
public sealed class InformerTests : IAsyncLifetime, ILogger<ApiServer>
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changed = new(0);
    private readonly ConcurrentQueue<string> _log = [];
    private FakeApiServer _server = null!;
    private ApiServer _client = null!;
    private Informer<NodeObject> _nodes = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync() => _server = await FakeApiServer.StartAsync();

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_list_is_read_page_by_page_and_watched_from_its_version()
    {
        Run();
        FakeRequest first = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500&resourceVersion=0", first.Url);
        Assert.Equal(("Bearer secret", "application/json"), (first.Token, first.Accept));
        await first.RespondAsync(List("100", "next/page=", "n1"));
        FakeRequest second = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500&continue=next%2Fpage%3D", second.Url);
        Assert.False(_nodes.Synced);
        await second.RespondAsync(List("100", "", "n2", "n3"));

        Assert.Matches(
            @"^/api/v1/nodes\?watch=1&allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=[3-5]\d\d$",
            (await _server.NextAsync()).Url);
        Assert.True(_nodes.Synced);
        Assert.Equal(["n1", "n2", "n3"], HeldNodes);
        Assert.Equal((2, 1), (_client.Usage.Lists, _client.Usage.Watches));
        Assert.Equal(List("100", "next/page=", "n1").Length + List("100", "", "n2", "n3").Length, _client.Usage.Bytes);
    }

    [Fact]
    public async Task Events_update_the_objects_and_a_watch_that_ends_is_resumed_after_the_last_event()
    {
        Run();
        FakeRequest watch = await SyncedAsync("n1", "n2");
        await watch.SendAsync(Event("ADDED", "n3", 101) + Event("DELETED", "n1", 102));
        await WaitForNodesAsync("n2", "n3");
        await watch.SendAsync(
            Event("MODIFIED", "n3", 103) + """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"170"}}}""" + "\n");
        watch.End();

        Assert.Contains("&resourceVersion=170&", (await _server.NextAsync()).Url);
        Assert.Equal(["n2", "n3"], HeldNodes);
    }

    [Fact]
    public async Task An_expired_version_leads_to_a_new_list_that_is_not_from_the_cache()
    {
        Run();
        FakeRequest watch = await SyncedAsync("n1", "n2");
        await watch.RespondAsync("{}", status: 410);

        FakeRequest list = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500", list.Url);
        Assert.Equal(["n1", "n2"], HeldNodes); // kept until the new list is complete
        await list.RespondAsync(List("300", "", "n2", "n4"));
        watch = await _server.NextAsync();
        Assert.Contains("&resourceVersion=300&", watch.Url);
        Assert.Equal(["n2", "n4"], HeldNodes);

        // The same as an event of the watch.
        await watch.RespondAsync("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","metadata":{}}}""" + "\n");
        await (await _server.NextAsync()).RespondAsync(List("400", "", "n4"));
        Assert.Contains("&resourceVersion=400&", (await _server.NextAsync()).Url);
        Assert.Equal(["n4"], HeldNodes);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_list_whose_continue_token_expired_is_restarted()
    {
        Run();
        await (await _server.NextAsync()).RespondAsync(List("100", "more", "n1"));
        await (await _server.NextAsync()).RespondAsync("{}", status: 410);

        FakeRequest again = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500", again.Url);
        await again.RespondAsync(List("200", "", "n2"));
        await _server.NextAsync();
        Assert.Equal(["n2"], HeldNodes);
    }

    [Theory]
    [InlineData(
        """{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is slow"}}""" + "\n", "ended the watch: etcd is slow")]
    [InlineData("""{"type":"SOMETHING","object":{}}""" + "\n", "sent an invalid response: unknown event type SOMETHING")]
    [InlineData("not JSON\n", "sent an invalid response: ")]
    public async Task A_watch_that_fails_is_resumed_without_a_list(string line, string reason)
    {
        Run();
        FakeRequest watch = await SyncedAsync("n1");
        await watch.SendAsync(Event("ADDED", "n2", 105) + line);
        watch.End();

        FakeRequest next = await _server.NextAsync();
        Assert.Contains("&resourceVersion=105&", next.Url);
        Assert.Equal(["n1", "n2"], HeldNodes);
        Assert.StartsWith($"nodes: the API server {reason}", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_incomplete_line_of_a_broken_connection_is_ignored()
    {
        Run();
        FakeRequest watch = await SyncedAsync("n1");
        await watch.SendAsync(Event("ADDED", "n2", 105) + Event("DELETED", "n1", 106)[..^3]);
        await WaitForNodesAsync("n1", "n2");
        watch.Abort();

        Assert.Contains("&resourceVersion=105&", (await _server.NextAsync()).Url);
        Assert.Equal(["n1", "n2"], HeldNodes);
    }

    [Fact]
    public async Task An_incomplete_list_changes_nothing()
    {
        Run();
        FakeRequest watch = await SyncedAsync("n1");
        await watch.RespondAsync("{}", status: 410);
        await (await _server.NextAsync()).RespondAsync(List("300", "", "n2", "n4")[..^20]);

        FakeRequest again = await _server.NextAsync();
        Assert.Equal(["n1"], HeldNodes);
        await again.RespondAsync(List("300", "", "n2"));
        await WaitForNodesAsync("n2");
    }

    [Fact]
    public async Task While_the_server_is_unreachable_the_objects_are_kept_and_one_warning_is_logged()
    {
        Run();
        await SyncedAsync("n1");
        await _server.StopAsync();
        await Wait.UntilAsync(() => _nodes.OutageReason == "refuses connections");
        await Task.Delay(500);
        Assert.Equal(["n1"], HeldNodes);
        Assert.True(_nodes.Synced);

        await _server.RestartAsync();
        FakeRequest watch = await _server.NextAsync();
        Assert.Contains("&resourceVersion=100&", watch.Url); // no list: the version is still valid
        await watch.SendAsync(Event("ADDED", "n2", 105));
        await WaitForNodesAsync("n1", "n2");
        Assert.Null(_nodes.OutageReason);
        Assert.Equal(2, _log.Count);
        Assert.Matches($"^the API server localhost:{_server.Port} .*; the known names stay in use; retrying$", _log.First());
        Assert.Matches($@"^the API server localhost:{_server.Port} responds again after \d+ s$", _log.Last());
    }

    [Fact]
    public async Task A_watch_without_events_for_long_is_restarted()
    {
        Run(speedup: 60); // three minutes take three seconds
        await SyncedAsync("n1");
        var waited = Stopwatch.StartNew();

        Assert.Contains("&resourceVersion=100&", (await _server.NextAsync()).Url);
        Assert.InRange(waited.Elapsed.TotalSeconds, 2, 20);
        Assert.Contains("sent nothing for 3 minutes", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_After_is_respected()
    {
        Run(speedup: 1);
        var waited = Stopwatch.StartNew();
        await (await _server.NextAsync()).RespondAsync("{}", status: 429, retryAfter: "2");

        await _server.NextAsync();
        Assert.InRange(waited.Elapsed.TotalSeconds, 1.9, 20);
        Assert.Equal(["nodes: the API server is overloaded (429); retrying"], _log);
    }

    [Theory]
    [InlineData(401, "does not accept the service account's token (401)")]
    [InlineData(403, "does not allow this to the service account (403): is the relay's ClusterRole in place?")]
    [InlineData(404, "does not know this kind of object (404)")]
    [InlineData(500, "returned 500")]
    public async Task An_error_status_is_logged_once_and_retried_with_the_current_token(int status, string reason)
    {
        Run();
        FakeRequest first = await _server.NextAsync();
        // Before the response, after which the relay reads it again.
        File.WriteAllText(Path.Combine(_server.Folder, "token"), "newer");
        await first.RespondAsync("{}", status);
        FakeRequest second = await _server.NextAsync();
        Assert.Equal("Bearer newer", second.Token);
        await second.RespondAsync("{}", status);
        await (await _server.NextAsync()).RespondAsync(List("100", "", "n1"));

        await WaitForNodesAsync("n1");
        Assert.Equal([$"nodes: the API server {reason}; retrying"], _log);
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_another_CA_receives_no_request()
    {
        using var foreign = new TestAuthority();
        File.Copy(
            Path.Combine(foreign.Folder(TestAuthority.Use.Client), "ca.crt"),
            Path.Combine(_server.Folder, "ca.crt"),
            overwrite: true);
        Run();

        await Wait.UntilAsync(() => _nodes.OutageReason is not null);
        Assert.Equal("has a certificate that is not signed by ca.crt, or is for another name", _nodes.OutageReason);
        Assert.True(await _server.HasNoRequestAsync());
    }

    [Fact]
    public async Task An_invalid_object_is_ignored_and_logged()
    {
        Run();
        await (await _server.NextAsync()).RespondAsync(
            """{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"odd"},"status":7},{"metadata":{"name":"n1"}}]}""");
        await WaitForNodesAsync("n1");
        Assert.Equal(["ignored nodes /odd: expected \"status\" to be an object"], _log);
    }

    [Fact]
    public async Task For_metadata_only_kinds_only_metadata_is_requested()
    {
        Run(metadataOnly: true);
        FakeRequest list = await _server.NextAsync();
        Assert.Equal("application/json; as=PartialObjectMetadataList; g=meta.k8s.io; v=v1", list.Accept);
        await list.RespondAsync(List("100", "", "n1"));
        Assert.Equal("application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1", (await _server.NextAsync()).Accept);
    }

    [Fact]
    public async Task A_short_lived_object_is_either_current_or_ended_at_any_time()
    {
        const int Nodes = 2000;
        Run();
        FakeRequest watch = await SyncedAsync("n0");
        Task sending = watch.SendAsync(string.Concat(Enumerable.Range(1, Nodes).Select(
            i => Event("ADDED", $"n{i}", 100 + (2 * i)) + Event("DELETED", $"n{i - 1}", 101 + (2 * i)))));
        List<NodeObject> held = [];
        List<EndedObject<NodeObject>> ended = [];
        while (ended.Count < Nodes)
        {
            held.Clear();
            _nodes.AddTo(held, ended);
            // One node exists, or two between two events, and all before them have ended.
            Assert.InRange(held.Count, 1, 2);
            Assert.Equal(
                Enumerable.Range(0, ended.Count + held.Count).Select(i => $"n{i}"),
                ended.Select(e => e.Object.Name).Concat(held.Select(n => n.Name).Order(NodeOrder)));
        }

        await sending;
    }

    /// <param name="speedup">The factor by which delays are shortened.</param>
    private void Run(bool metadataOnly = false, double speedup = 10)
    {
        var time = new AcceleratedClock(speedup);
        _client = new ApiServer(_server.Account, time, this);
        _nodes = new Informer<NodeObject>(
            new Resource<NodeObject>("/api/v1/nodes", ObjectsReader.ReadNode, metadataOnly, HasEnded: _ => false),
            _client,
            () => _changed.Release(),
            time,
            new Random(7),
            this);
        _running = _nodes.RunAsync(_stop.Token);
    }

    /// <summary>Responds to the first list with version 100 and returns the watch that follows.</summary>
    private async Task<FakeRequest> SyncedAsync(params string[] nodes)
    {
        await (await _server.NextAsync()).RespondAsync(List("100", "", nodes));
        return await _server.NextAsync();
    }

    private static readonly Comparer<string> NodeOrder = Comparer<string>.Create((a, b) => int.Parse(a[1..]).CompareTo(int.Parse(b[1..])));

    private string[] HeldNodes
    {
        get
        {
            var nodes = new List<NodeObject>();
            _nodes.AddTo(nodes);
            return [.. nodes.Select(node => node.Name).Order(StringComparer.Ordinal)];
        }
    }

    private Task WaitForNodesAsync(params string[] nodes) => Wait.UntilAsync(() => HeldNodes.SequenceEqual(nodes));

    private static string List(string version, string more, params string[] nodes) =>
        $$"""{"kind":"NodeList","metadata":{"resourceVersion":"{{version}}","continue":"{{more}}"},"""
        + $$""" "items":[{{string.Join(',', nodes.Select(Node))}}]}""";

    private static string Node(string name) => $$$"""{"metadata":{"name":"{{{name}}}"}}""";

    private static string Event(string type, string node, int version) =>
        $$$$"""{"type":"{{{{type}}}}","object":{"metadata":{"name":"{{{{node}}}}","resourceVersion":"{{{{version}}}}"}}}""" + "\n";

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue(formatter(state, exception));
}
