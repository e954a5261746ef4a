using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Updates the name tables from a file, at startup and whenever the file changes.</summary>
internal sealed partial class ObjectsFile(
    string path, NameTables tables, TimeProvider timeProvider, ILogger<ObjectsFile> log) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettleTime = TimeSpan.FromMilliseconds(150);

    // The hash of the last content, valid or not; 0 if it could not be read.
    private int _lastContent;
    private Stamp _lastStamp;
    // 1 after a complete file has replaced the old one.
    private int _replaced;
    // Since when the current objects are in effect, Unix nanoseconds.
    private long _effectiveSince;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="ObjectsException">The file does not exist or is not a Kubernetes List.</exception>
    public void Load()
    {
        _lastStamp = GetStamp();
        byte[] content = ReadAll();
        _lastContent = Fingerprint(content);
        tables.Apply(ObjectsReader.Read(content), _effectiveSince = timeProvider.UnixNanoseconds());
    }

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        using var changed = new SemaphoreSlim(0, 1);
        using FileSystemWatcher? watcher = Watch(changed);
        while (true)
        {
            // The watcher reacts immediately; polling covers file systems without notifications.
            bool notified = await changed.WaitAsync(PollInterval, cancellationToken);
            Stamp now = GetStamp();
            if (!notified && now == _lastStamp)
                continue;
            if (Interlocked.Exchange(ref _replaced, 0) == 0)
                now = await WaitForWriterAsync(now, cancellationToken);
            _lastStamp = now;
            Reload();
        }
    }

    // Waits until a process that writes the file in place has finished.
    private async Task<Stamp> WaitForWriterAsync(Stamp now, CancellationToken cancellationToken)
    {
        Stamp before;
        do
        {
            before = now;
            await Task.Delay(SettleTime, cancellationToken);
            now = GetStamp();
        }
        while (now != before);
        return now;
    }

    private void Reload()
    {
        int before = _lastContent;
        try
        {
            _lastContent = 0;
            byte[] content = ReadAll();
            _lastContent = Fingerprint(content);
            if (_lastContent == before)
                return;
            ClusterObjects objects = ObjectsReader.Read(content);
            tables.Apply(objects, _effectiveSince = GetEffectiveTime());
            LogReloaded(path, objects.Pods.Count, objects.Services.Count);
        }
        catch (ObjectsException e)
        {
            // One change can raise several events: warn once.
            if (_lastContent != before)
                LogInvalid(e.Describe(path));
        }
    }

    // Names change when the file was written, not when it is read. The time of a file older than the last one says nothing.
    private long GetEffectiveTime()
    {
        long now = timeProvider.UnixNanoseconds(), written = UnixTime.Of(_lastStamp.Written);
        return written > _effectiveSince && written < now ? written : now;
    }

    private byte[] ReadAll()
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ObjectsException(0, "no such file; expected a Kubernetes List, as kubectl get -o json prints it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ObjectsException(0, $"cannot be read: {e.Message}");
        }
    }

    private static int Fingerprint(byte[] content)
    {
        var hash = new HashCode();
        hash.AddBytes(content);
        return hash.ToHashCode();
    }

    // Watches the folder, because editors and ConfigMap volumes replace the file.
    private FileSystemWatcher? Watch(SemaphoreSlim changed)
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!);
            FileSystemEventHandler onChange = (_, e) => { if (IsObjectsFile(e.FullPath)) Notify(changed); };
            watcher.Changed += onChange;
            watcher.Created += onChange;
            watcher.Deleted += onChange;
            watcher.Renamed += (_, e) =>
            {
                if (IsObjectsFile(e.FullPath))
                    Interlocked.Exchange(ref _replaced, 1);
                if (IsObjectsFile(e.FullPath) || IsObjectsFile(e.OldFullPath))
                    Notify(changed);
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // For example, no inotify instances are left. Polling remains.
            return null;
        }
    }

    // "..data" is the link that changes when a ConfigMap volume is updated.
    private bool IsObjectsFile(string changed) =>
        Path.GetFileName(changed) is var name && (name == Path.GetFileName(path) || name == "..data");

    private static void Notify(SemaphoreSlim changed)
    {
        try
        {
            changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // A notification is already pending, or the relay is stopping.
        }
    }

    private Stamp GetStamp()
    {
        try
        {
            string target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            var file = new FileInfo(target);
            return file.Exists ? new Stamp(target, file.LastWriteTimeUtc, file.Length) : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    private readonly record struct Stamp(string? Target, DateTimeOffset Written, long Length);

    [LoggerMessage(Level = LogLevel.Information, Message = "{File} read again: {Pods} pods, {Services} services")]
    private partial void LogReloaded(string file, int pods, int services);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Error}; the objects read before stay in use")]
    private partial void LogInvalid(string error);
}
