using System.Collections.Concurrent;
using System.Diagnostics;
using Depmap.Agent.Tests;
using Depmap.Relay.Cluster;
using Depmap.Relay.Names;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>Nodes, as an informer holds them while a server answers in every way.</summary>
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
    public async Task A_list_is_taken_page_by_page_and_watched_from_where_it_ended()
    {
        Run();
        Asked first = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500&resourceVersion=0", first.Url);
        Assert.Equal(("Bearer secret", "application/json"), (first.Token, first.Accept));
        await first.AnswerAsync(List("100", "next/page=", "n1"));
        Asked second = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500&continue=next%2Fpage%3D", second.Url);
        Assert.False(_nodes.Synced);
        await second.AnswerAsync(List("100", "", "n2", "n3"));

        Assert.Matches(@"^/api/v1/nodes\?watch=1&allowWatchBookmarks=true&resourceVersion=100&timeoutSeconds=[3-5]\d\d$", (await _server.NextAsync()).Url);
        Assert.True(_nodes.Synced);
        Assert.Equal(["n1", "n2", "n3"], Held);
        Assert.Equal((2, 1), (_client.Usage.Lists, _client.Usage.Watches));
        Assert.Equal(List("100", "next/page=", "n1").Length + List("100", "", "n2", "n3").Length, _client.Usage.Bytes);
    }

    [Fact]
    public async Task Events_change_what_is_held_and_a_watch_that_ends_is_resumed_after_the_last_of_them()
    {
        Run();
        Asked watch = await SyncedAsync("n1", "n2");
        await watch.SendAsync(Event("ADDED", "n3", 101) + Event("DELETED", "n1", 102));
        await HeldAsync("n2", "n3");
        await watch.SendAsync(Event("MODIFIED", "n3", 103) + """{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"170"}}}""" + "\n");
        watch.End();

        Assert.Contains("&resourceVersion=170&", (await _server.NextAsync()).Url);
        Assert.Equal(["n2", "n3"], Held);
    }

    [Fact]
    public async Task A_version_that_is_too_old_is_listed_anew_but_not_from_the_cache_and_deletions_are_made_up()
    {
        Run();
        Asked watch = await SyncedAsync("n1", "n2");
        await watch.AnswerAsync("{}", status: 410);

        Asked list = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500", list.Url);
        Assert.Equal(["n1", "n2"], Held); // nothing is away while the new list comes
        await list.AnswerAsync(List("300", "", "n2", "n4"));
        watch = await _server.NextAsync();
        Assert.Contains("&resourceVersion=300&", watch.Url);
        Assert.Equal(["n2", "n4"], Held);

        // The same, told within a watch.
        await watch.AnswerAsync("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","metadata":{}}}""" + "\n");
        await (await _server.NextAsync()).AnswerAsync(List("400", "", "n4"));
        Assert.Contains("&resourceVersion=400&", (await _server.NextAsync()).Url);
        Assert.Equal(["n4"], Held);
        Assert.Empty(_log);
    }

    [Fact]
    public async Task A_list_whose_next_page_is_forgotten_begins_again()
    {
        Run();
        await (await _server.NextAsync()).AnswerAsync(List("100", "more", "n1"));
        await (await _server.NextAsync()).AnswerAsync("{}", status: 410);

        Asked again = await _server.NextAsync();
        Assert.Equal("/api/v1/nodes?limit=500", again.Url);
        await again.AnswerAsync(List("200", "", "n2"));
        await _server.NextAsync();
        Assert.Equal(["n2"], Held);
    }

    [Theory]
    [InlineData("""{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is slow"}}""" + "\n", "ended the watch: etcd is slow")]
    [InlineData("""{"type":"SOMETHING","object":{}}""" + "\n", "sent what cannot be read: an event of unknown type SOMETHING")]
    [InlineData("not JSON\n", "sent what cannot be read: ")]
    public async Task A_watch_that_fails_is_resumed_without_a_list(string line, string reason)
    {
        Run();
        Asked watch = await SyncedAsync("n1");
        await watch.SendAsync(Event("ADDED", "n2", 105) + line);
        watch.End();

        Asked next = await _server.NextAsync();
        Assert.Contains("&resourceVersion=105&", next.Url);
        Assert.Equal(["n1", "n2"], Held);
        Assert.StartsWith($"nodes: the API server {reason}", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_broken_connection_left_of_a_line_is_no_event()
    {
        Run();
        Asked watch = await SyncedAsync("n1");
        await watch.SendAsync(Event("ADDED", "n2", 105) + Event("DELETED", "n1", 106)[..^3]);
        await HeldAsync("n1", "n2");
        watch.Abort();

        Assert.Contains("&resourceVersion=105&", (await _server.NextAsync()).Url);
        Assert.Equal(["n1", "n2"], Held);
    }

    [Fact]
    public async Task A_list_that_is_cut_off_changes_nothing()
    {
        Run();
        Asked watch = await SyncedAsync("n1");
        await watch.AnswerAsync("{}", status: 410);
        await (await _server.NextAsync()).AnswerAsync(List("300", "", "n2", "n4")[..^20]);

        Asked again = await _server.NextAsync();
        Assert.Equal(["n1"], Held);
        await again.AnswerAsync(List("300", "", "n2"));
        await HeldAsync("n2");
    }

    [Fact]
    public async Task A_server_that_is_away_leaves_what_is_known_and_is_told_of_once()
    {
        Run();
        await SyncedAsync("n1");
        await _server.StopAsync();
        await Until(() => _nodes.Away == "refuses connections");
        await Task.Delay(500);
        Assert.Equal(["n1"], Held);
        Assert.True(_nodes.Synced);

        await _server.StartAgainAsync();
        Asked watch = await _server.NextAsync();
        Assert.Contains("&resourceVersion=100&", watch.Url); // no list: the version is still known
        await watch.SendAsync(Event("ADDED", "n2", 105));
        await HeldAsync("n1", "n2");
        Assert.Null(_nodes.Away);
        Assert.Equal(2, _log.Count);
        Assert.Matches($"^the API server localhost:{_server.Port} .*; the known names stay in use; retrying$", _log.First());
        Assert.Matches($@"^the API server localhost:{_server.Port} responds again after \d+ s$", _log.Last());
    }

    [Fact]
    public async Task A_watch_that_is_silent_for_long_is_begun_anew()
    {
        Run(hastyTimes: 60); // three minutes in three seconds
        await SyncedAsync("n1");
        var waited = Stopwatch.StartNew();

        Assert.Contains("&resourceVersion=100&", (await _server.NextAsync()).Url);
        Assert.InRange(waited.Elapsed.TotalSeconds, 2, 20);
        Assert.Contains("was silent for 3 minutes", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_asks_to_be_left_alone_is()
    {
        Run(hastyTimes: 1);
        var waited = Stopwatch.StartNew();
        await (await _server.NextAsync()).AnswerAsync("{}", status: 429, retryAfter: "2");

        await _server.NextAsync();
        Assert.InRange(waited.Elapsed.TotalSeconds, 1.9, 20);
        Assert.Equal(["nodes: the API server is overloaded (429); trying again"], _log);
    }

    [Theory]
    [InlineData(401, "does not accept the service account's token (401)")]
    [InlineData(403, "does not allow this to the service account (403): is the relay's ClusterRole in place?")]
    [InlineData(404, "does not know this kind of object (404)")]
    [InlineData(500, "returned 500")]
    public async Task A_refusal_is_told_once_and_tried_again_with_the_token_of_then(int status, string reason)
    {
        Run();
        await (await _server.NextAsync()).AnswerAsync("{}", status);
        File.WriteAllText(Path.Combine(_server.Folder, "token"), "newer");
        Asked second = await _server.NextAsync();
        Assert.Equal("Bearer newer", second.Token);
        await second.AnswerAsync("{}", status);
        await (await _server.NextAsync()).AnswerAsync(List("100", "", "n1"));

        await HeldAsync("n1");
        Assert.Equal([$"nodes: the API server {reason}; trying again"], _log);
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_another_authority_is_asked_nothing()
    {
        using var foreign = new Depmap.Tests.TestAuthority();
        File.Copy(Path.Combine(foreign.Folder(Depmap.Tests.TestAuthority.Use.Client), "ca.crt"), Path.Combine(_server.Folder, "ca.crt"), overwrite: true);
        Run();

        await Until(() => _nodes.Away is not null);
        Assert.Equal("has a certificate that is not signed by ca.crt, or is for another name", _nodes.Away);
        Assert.True(await _server.HearsNothingAsync());
    }

    [Fact]
    public async Task An_odd_object_is_passed_over_and_said()
    {
        Run();
        await (await _server.NextAsync()).AnswerAsync(
            """{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"odd"},"status":7},{"metadata":{"name":"n1"}}]}""");
        await HeldAsync("n1");
        Assert.Equal(["nodes /odd is passed over: expected \"status\" to be an object"], _log);
    }

    [Fact]
    public async Task Where_metadata_suffices_nothing_else_is_asked_for()
    {
        Run(metadataOnly: true);
        Asked list = await _server.NextAsync();
        Assert.Equal("application/json; as=PartialObjectMetadataList; g=meta.k8s.io; v=v1", list.Accept);
        await list.AnswerAsync(List("100", "", "n1"));
        Assert.Equal("application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1", (await _server.NextAsync()).Accept);
    }

    [Fact]
    public async Task Whatever_the_moment_it_is_asked_an_object_that_came_and_went_is_held_or_has_ended()
    {
        const int Nodes = 2000;
        Run();
        Asked watch = await SyncedAsync("n0");
        Task told = watch.SendAsync(string.Concat(Enumerable.Range(1, Nodes).Select(
            i => Event("ADDED", $"n{i}", 100 + (2 * i)) + Event("DELETED", $"n{i - 1}", 101 + (2 * i)))));
        List<NodeObject> held = [];
        List<Ended<NodeObject>> ended = [];
        while (ended.Count < Nodes)
        {
            held.Clear();
            _nodes.AddTo(held, ended);
            // One or, between two events, two are there, and all before them have ended.
            Assert.InRange(held.Count, 1, 2);
            Assert.Equal(Enumerable.Range(0, ended.Count + held.Count).Select(i => $"n{i}"), ended.Select(e => e.Object.Name).Concat(held.Select(n => n.Name).Order(NodeOrder)));
        }

        await told;
    }

    /// <param name="hastyTimes">How much sooner waits are over: as they are, tests would wait for seconds.</param>
    private void Run(bool metadataOnly = false, double hastyTimes = 10)
    {
        var time = new UplinkHastyClock(hastyTimes);
        _client = new ApiServer(_server.Account, time, this);
        _nodes = new Informer<NodeObject>(
            new Resource<NodeObject>("/api/v1/nodes", ObjectsReader.ReadNode, metadataOnly, HasEnded: _ => false), _client, () => _changed.Release(), time, new Random(7), this);
        _running = _nodes.RunAsync(_stop.Token);
    }

    /// <summary>Answers the first list, at version 100, and gives the watch that follows.</summary>
    private async Task<Asked> SyncedAsync(params string[] nodes)
    {
        await (await _server.NextAsync()).AnswerAsync(List("100", "", nodes));
        return await _server.NextAsync();
    }

    private static readonly Comparer<string> NodeOrder = Comparer<string>.Create((a, b) => int.Parse(a[1..]).CompareTo(int.Parse(b[1..])));

    private string[] Held
    {
        get
        {
            var nodes = new List<NodeObject>();
            _nodes.AddTo(nodes);
            return [.. nodes.Select(node => node.Name).Order(StringComparer.Ordinal)];
        }
    }

    private Task HeldAsync(params string[] nodes) => Until(() => Held.SequenceEqual(nodes));

    private static async Task Until(Func<bool> holds)
    {
        for (int i = 0; i < 1000 && !holds(); i++)
            await Task.Delay(20);
        Assert.True(holds());
    }

    private static string List(string version, string more, params string[] nodes) =>
        $$"""{"kind":"NodeList","metadata":{"resourceVersion":"{{version}}","continue":"{{more}}"},"items":[{{string.Join(',', nodes.Select(Node))}}]}""";

    private static string Node(string name) => $$$"""{"metadata":{"name":"{{{name}}}"}}""";

    private static string Event(string type, string node, int version) =>
        $$$$"""{"type":"{{{{type}}}}","object":{"metadata":{"name":"{{{{node}}}}","resourceVersion":"{{{{version}}}}"}}}""" + "\n";

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue(formatter(state, exception));
}
