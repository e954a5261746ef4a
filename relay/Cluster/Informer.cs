using System.IO.Pipelines;
using System.Text.Json;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Cluster;

/// <summary>
/// Holds all objects of one kind: lists them once, then watches, and resumes the watch at the last version. Keeps the objects
/// while the API server is unreachable. https://kubernetes.io/docs/reference/using-api/api-concepts/
/// </summary>
/// <param name="changed">Called after each change, on the informer's task.</param>
internal sealed partial class Informer<T>(
    Resource<T> resource, ApiServer server, Action changed, TimeProvider timeProvider, Random random, ILogger log) : IInformer
    where T : class
{
    /// <summary>API servers send a bookmark about once a minute: a watch without any event for this long is restarted.</summary>
    public static readonly TimeSpan MaxInactivity = TimeSpan.FromMinutes(3);

    private const int PageSize = 500;

    // Between two calls of AddTo, which are a moment apart. Beyond this, a pod that ended keeps its name only if an earlier
    // snapshot contains it.
    private const int MaxEnded = 10_000;
    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromSeconds(1), MaxRetryDelay = TimeSpan.FromSeconds(30);

    // When the server ends the watch: random, so that the informers do not reconnect at the same time.
    private const int MinWatchSeconds = 300, MaxWatchSeconds = 600;

    private readonly Lock _lock = new();
    private readonly Backoff _backoff = new(MinRetryDelay, MaxRetryDelay, random);
    private Dictionary<(string, string), T> _objects = [];
    private readonly List<EndedObject<T>> _ended = [];
    // The version to watch from; null if a list must come first.
    private string? _version;
    // The first list may come from the server's cache. After a 410, the cache could return the same expired version again.
    private bool _allowCachedList = true;
    private bool _versionExpired;
    private volatile string? _outageReason;

    public string Name => resource.Name;

    public bool Synced { get; private set; }

    public string? OutageReason => _outageReason;

    /// <summary>
    /// Gets the current objects and the ended ones in one step: otherwise an object that ended in between would be in neither.
    /// </summary>
    /// <param name="ended">Receives the objects deleted or finished since the last call with this list, oldest first.</param>
    public void AddTo(List<T> objects, List<EndedObject<T>>? ended = null)
    {
        lock (_lock)
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
                wait = _backoff.Next(); // short after an event
            }
            catch (ApiFailure failure)
            {
                wait = TimeSpan.FromTicks(Math.Max(_backoff.Next().Ticks, failure.RetryAfter.Ticks));
                if (failure.Gone)
                    (_version, _allowCachedList) = (null, false);
                else
                    ReportFailure(failure);
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
                : _allowCachedList ? "&resourceVersion=0" : "";
            server.Usage.AddList();
            using var inactivity = new InactivityTimeout(MaxInactivity, timeProvider, cancellationToken);
            page = await ReadAsync(
                $"{resource.Path}?limit={PageSize}{query}",
                resource.AcceptList,
                body => new ListReader(item => Put(objects, item)).ReadAsync(body, server.Usage, inactivity.Token),
                inactivity.Token,
                cancellationToken);
        }
        while (page.Continue is not null);

        // Replace all objects in one step, so that none is missing in between.
        lock (_lock)
            _objects = objects;
        Synced = true;
        _allowCachedList = true;
        ReportSuccess();
        changed();
        return page.Version;
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var inactivity = new InactivityTimeout(MaxInactivity, timeProvider, cancellationToken);
        _versionExpired = false;
        server.Usage.AddWatch();
        await ReadAsync<object?>(
            $"{resource.Path}?watch=1&allowWatchBookmarks=true&resourceVersion={_version}"
                + $"&timeoutSeconds={random.Next(MinWatchSeconds, MaxWatchSeconds)}",
            resource.AcceptWatch,
            async body =>
            {
                ReportSuccess();
                await WatchReader.ReadAsync(body, server.Usage, inactivity.Restart, OnEvent, inactivity.Token);
                return null;
            },
            inactivity.Token,
            cancellationToken);
        if (_versionExpired)
            throw new ApiFailure("no longer has the version to watch from") { Gone = true };
    }

    private async Task<TResult> ReadAsync<TResult>(
        string path,
        string accept,
        Func<PipeReader, Task<TResult>> read,
        CancellationToken inactivityToken,
        CancellationToken cancellationToken)
    {
        try
        {
            PipeReader body = await server.GetAsync(path, accept, inactivityToken);
            try
            {
                return await read(body);
            }
            finally
            {
                await body.CompleteAsync();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiFailure($"sent nothing for {MaxInactivity.TotalMinutes:0} minutes") { Unreached = true };
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw ApiServer.Broken(e);
        }
        catch (Exception e) when (e is JsonException or ObjectsException)
        {
            throw new ApiFailure($"sent an invalid response: {e.Message}", e);
        }
    }

    private void OnEvent(WatchEvent change, LocatedElement item)
    {
        if (change == WatchEvent.Error)
        {
            // metav1.Status: 410 if the version is too old; for others, such as 500, a new watch may succeed.
            int code = item.GetInt32OrNull("code") ?? 0;
            if (code != 410)
                throw new ApiFailure($"ended the watch: {item.GetStringOrNull("message") ?? $"{code}"}");
            _versionExpired = true;
            return;
        }

        LocatedElement metadata = item.GetObject("metadata");
        _version = metadata.GetString("resourceVersion");
        _backoff.Reset();
        if (change == WatchEvent.Bookmark)
            return;
        lock (_lock)
            ApplyEvent(change, item, GetKey(metadata));
        changed();
    }

    private void ApplyEvent(WatchEvent change, LocatedElement item, (string, string) key)
    {
        T? before = _objects.GetValueOrDefault(key);
        // Also for a deletion: the event contains the object's last state.
        Put(_objects, item);
        if (resource.HasEnded is { } hasEnded
            && _objects.GetValueOrDefault(key) is { } last
            && (change == WatchEvent.Deleted || hasEnded(last))
            && (before is null || !hasEnded(before))
            && _ended.Count < MaxEnded)
        {
            _ended.Add(new EndedObject<T>(last, timeProvider.UnixNanoseconds()));
        }

        if (change == WatchEvent.Deleted)
            _objects.Remove(key);
    }

    private void Put(Dictionary<(string, string), T> objects, LocatedElement item)
    {
        (string, string) key = GetKey(item.GetObject("metadata"));
        try
        {
            if (resource.Read(item) is { } read)
                objects[key] = read;
            else
                objects.Remove(key);
        }
        catch (ObjectsException e)
        {
            // One invalid object must not prevent the names of all others.
            objects.Remove(key);
            LogInvalidObject(resource.Name, key.Item1, key.Item2, e.Message);
        }
    }

    private static (string Namespace, string Name) GetKey(LocatedElement metadata) =>
        (metadata.GetStringOrNull("namespace") ?? "", metadata.GetString("name"));

    private void ReportFailure(ApiFailure failure)
    {
        if (failure.Unreached)
            server.NoteUnreached(failure.Message);
        else if (_outageReason != failure.Message)
            LogFailure(resource.Name, failure.Message);
        _outageReason = failure.Message;
    }

    private void ReportSuccess()
    {
        server.NoteReached();
        _outageReason = null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind}: the API server {Reason}; retrying")]
    private partial void LogFailure(string kind, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ignored {Kind} {Namespace}/{Name}: {Error}")]
    private partial void LogInvalidObject(string kind, string @namespace, string name, string error);
}
