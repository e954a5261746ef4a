using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Keeps all objects of one kind as the API server has them: a list once, then a watch, resumed where it ended. While the
/// server is away they stay as they were. https://kubernetes.io/docs/reference/using-api/api-concepts/
/// </summary>
/// <param name="changed">Called after each change, from the informer's task.</param>
internal sealed partial class Informer<T>(
    Resource<T> resource, ApiServer server, Action changed, TimeProvider timeProvider, Random random, ILogger log) : IInformer
    where T : class
{
    /// <summary>A server sends a bookmark about once a minute: a watch that is silent for longer is begun anew.</summary>
    public static readonly TimeSpan QuietTime = TimeSpan.FromMinutes(3);

    private const int PageSize = 500;

    // Between two times that they are asked for, which are a moment apart. What is beyond that keeps its name only if it was
    // told before.
    private const int MostEnded = 10_000;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromSeconds(30);

    // The server ends the watch after so long, at another moment for each informer.
    private const int LeastWatchSeconds = 300, MostWatchSeconds = 600;

    private readonly Lock _gate = new();
    private readonly Backoff _backoff = new(FirstWait, LongestWait, random);
    private Dictionary<(string, string), T> _objects = [];
    private readonly List<EndedObject<T>> _ended = [];
    // From where to watch; null where a list must come first.
    private string? _version;
    // The first list may come from the server's cache, however old. After a 410 that could be the same answer again.
    private bool _cachedListWillDo = true;
    private bool _gone;
    private volatile string? _away;

    public string Name => resource.Name;

    public bool Synced { get; private set; }

    public string? Away => _away;

    /// <summary>
    /// What it holds now, and what has ended until now: of one moment, or what came and went between the two would be in neither.
    /// </summary>
    /// <param name="ended">Gets what was deleted or is over since the last call that asked, oldest first; null to not ask.</param>
    public void AddTo(List<T> objects, List<EndedObject<T>>? ended = null)
    {
        lock (_gate)
        {
            objects.AddRange(_objects.Values);
            if (ended is null)
                return;
            ended.AddRange(_ended);
            _ended.Clear();
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            TimeSpan wait;
            try
            {
                _version ??= await ListAsync(cancellationToken);
                await WatchAsync(cancellationToken);
                wait = _backoff.Next(); // after news, nearly none
            }
            catch (ApiFailure failure)
            {
                wait = TimeSpan.FromTicks(Math.Max(_backoff.Next().Ticks, failure.RetryAfter.Ticks));
                if (failure.Gone)
                    (_version, _cachedListWillDo) = (null, false);
                else
                    NoteAway(failure);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(wait, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string> ListAsync(CancellationToken cancellationToken)
    {
        var objects = new Dictionary<(string, string), T>();
        ListPage page = default;
        do
        {
            string query = page.Continue is { } more ? $"&continue={Uri.EscapeDataString(more)}"
                : _cachedListWillDo ? "&resourceVersion=0" : "";
            server.Usage.AddList();
            using var quiet = new InactivityTimeout(QuietTime, timeProvider, cancellationToken);
            page = await ReadAsync(
                $"{resource.Path}?limit={PageSize}{query}",
                resource.AcceptList,
                body => new ListReader(item => Put(objects, item)).ReadAsync(body, server.Usage, quiet.Token),
                quiet.Token,
                cancellationToken);
        }
        while (page.Continue is not null);

        // In one step, so that what was deleted meanwhile is gone and what is still there was never away.
        lock (_gate)
            _objects = objects;
        Synced = true;
        _cachedListWillDo = true;
        NoteBack();
        changed();
        return page.Version;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var quiet = new InactivityTimeout(QuietTime, timeProvider, cancellationToken);
        _gone = false;
        server.Usage.AddWatch();
        await ReadAsync<object?>(
            $"{resource.Path}?watch=1&allowWatchBookmarks=true&resourceVersion={_version}&timeoutSeconds={random.Next(LeastWatchSeconds, MostWatchSeconds)}",
            resource.AcceptWatch,
            async body =>
            {
                NoteBack();
                await WatchReader.ReadAsync(body, server.Usage, quiet.Renew, OnEvent, quiet.Token);
                return null;
            },
            quiet.Token,
            cancellationToken);
        if (_gone)
            throw new ApiFailure("has forgotten the version") { Gone = true };
    }

    private async Task<TResult> ReadAsync<TResult>(
        string path, string accept, Func<PipeReader, Task<TResult>> read, CancellationToken quiet, CancellationToken stop)
    {
        try
        {
            PipeReader body = await server.GetAsync(path, accept, quiet);
            try
            {
                return await read(body);
            }
            finally
            {
                await body.CompleteAsync();
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ApiFailure($"was silent for {QuietTime.TotalMinutes:0} minutes") { Unreached = true };
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw ApiServer.Broken(e);
        }
        catch (Exception e) when (e is JsonException or ObjectsException)
        {
            throw new ApiFailure($"sent what cannot be read: {e.Message}", e);
        }
    }

    private void OnEvent(WatchEvent change, LocatedElement item)
    {
        if (change == WatchEvent.Error)
        {
            // metav1.Status: 410 where the version is too old, 500 and others where a new watch may help.
            int code = item.NumberOrNull("code") ?? 0;
            if (code != 410)
                throw new ApiFailure($"ended the watch: {item.TextOrNull("message") ?? $"{code}"}");
            _gone = true;
            return;
        }

        LocatedElement metadata = item.Object("metadata");
        _version = metadata.Text("resourceVersion");
        _backoff.Reset();
        if (change == WatchEvent.Bookmark)
            return;
        lock (_gate)
            Take(change, item, KeyOf(metadata));
        changed();
    }

    private void Take(WatchEvent change, LocatedElement item, (string, string) key)
    {
        T? before = _objects.GetValueOrDefault(key);
        // Also when it goes: this says how it was at last.
        Put(_objects, item);
        if (resource.HasEnded is { } hasEnded
            && _objects.GetValueOrDefault(key) is { } last
            && (change == WatchEvent.Deleted || hasEnded(last))
            && (before is null || !hasEnded(before))
            && _ended.Count < MostEnded)
        {
            _ended.Add(new EndedObject<T>(last, timeProvider.UnixNanoseconds()));
        }

        if (change == WatchEvent.Deleted)
            _objects.Remove(key);
    }

    private void Put(Dictionary<(string, string), T> objects, LocatedElement item)
    {
        (string, string) key = KeyOf(item.Object("metadata"));
        try
        {
            if (resource.Read(item) is { } read)
                objects[key] = read;
            else
                objects.Remove(key);
        }
        catch (ObjectsException e)
        {
            // One odd object must not keep the names of all others away.
            objects.Remove(key);
            LogOdd(resource.Name, key.Item1, key.Item2, e.Message);
        }
    }

    private static (string Namespace, string Name) KeyOf(LocatedElement metadata) => (metadata.TextOrNull("namespace") ?? "", metadata.Text("name"));

    private void NoteAway(ApiFailure failure)
    {
        if (failure.Unreached)
            server.NoteUnreached(failure.Message);
        else if (_away != failure.Message)
            LogRefused(resource.Name, failure.Message);
        _away = failure.Message;
    }

    private void NoteBack()
    {
        server.NoteReached();
        _away = null;
    }

    [LoggerMessage(43, LogLevel.Warning, "{Kind}: the API server {Reason}; trying again")]
    private partial void LogRefused(string kind, string reason);

    [LoggerMessage(42, LogLevel.Warning, "{Kind} {Namespace}/{Name} is passed over: {Error}")]
    private partial void LogOdd(string kind, string @namespace, string name, string error);
}
