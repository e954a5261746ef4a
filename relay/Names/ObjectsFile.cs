using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Feeds the name tables from a file, at start and whenever the file changes.</summary>
internal sealed partial class ObjectsFile(string path, NameTables tables, TimeProvider timeProvider, ILogger<ObjectsFile> log) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(150);

    // Of what was read last, good or broken; 0 where nothing could be read.
    private int _contentRead;
    private Stamp _stampRead;
    // 1: a whole file was put in its place.
    private int _replaced;
    // When the objects in use were so, Unix nanoseconds.
    private long _asOf;

    /// <summary>Reads the file for the first time.</summary>
    /// <exception cref="ObjectsException">There is no such file, or it is no Kubernetes List.</exception>
    public void Load()
    {
        _stampRead = TakeStamp();
        byte[] content = ReadAll();
        _contentRead = Fingerprint(content);
        tables.Apply(ObjectsReader.Read(content), _asOf = timeProvider.UnixNanoseconds());
    }

    protected override async Task ExecuteAsync(CancellationToken cancellationToken)
    {
        using var changed = new SemaphoreSlim(0, 1);
        using FileSystemWatcher? watcher = Watch(changed);
        while (true)
        {
            // The watcher is quick; the look once a second is for file systems that tell it nothing.
            bool told = await changed.WaitAsync(PollInterval, cancellationToken);
            Stamp now = TakeStamp();
            if (!told && now == _stampRead)
                continue;
            if (Interlocked.Exchange(ref _replaced, 0) == 0)
                now = await WaitForWholeAsync(now, cancellationToken);
            _stampRead = now;
            Reload();
        }
    }

    // Whoever writes in place is given the time to finish.
    private async Task<Stamp> WaitForWholeAsync(Stamp now, CancellationToken cancellationToken)
    {
        Stamp before;
        do
        {
            before = now;
            await Task.Delay(QuietTime, cancellationToken);
            now = TakeStamp();
        }
        while (now != before);
        return now;
    }

    private void Reload()
    {
        int before = _contentRead;
        try
        {
            _contentRead = 0;
            byte[] content = ReadAll();
            _contentRead = Fingerprint(content);
            if (_contentRead == before)
                return;
            ClusterObjects objects = ObjectsReader.Read(content);
            tables.Apply(objects, _asOf = WrittenAt());
            LogRead(path, objects.Pods.Count, objects.Services.Count);
        }
        catch (ObjectsException e)
        {
            // Several events may tell of one change: it is warned of once.
            if (_contentRead != before)
                LogKept(e.Describe(path));
        }
    }

    // Reading comes later, and what an address had meanwhile has another owner. An older file that was put here tells nothing.
    private long WrittenAt()
    {
        long now = timeProvider.UnixNanoseconds(), written = UnixTime.Of(_stampRead.Written);
        return written > _asOf && written < now ? written : now;
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

    // The folder is watched, not the file: kubectl, editors and ConfigMap mounts put a new file in the old one's place.
    private FileSystemWatcher? Watch(SemaphoreSlim changed)
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(path))!);
            FileSystemEventHandler tell = (_, e) => { if (IsOurs(e.FullPath)) Tell(changed); };
            watcher.Changed += tell;
            watcher.Created += tell;
            watcher.Deleted += tell;
            watcher.Renamed += (_, e) =>
            {
                if (IsOurs(e.FullPath))
                    Interlocked.Exchange(ref _replaced, 1);
                if (IsOurs(e.FullPath) || IsOurs(e.OldFullPath))
                    Tell(changed);
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No inotify instances left, say: the look once a second remains.
            return null;
        }
    }

    private bool IsOurs(string changed) => Path.GetFileName(changed) is var name && (name == Path.GetFileName(path) || name == "..data");

    private static void Tell(SemaphoreSlim changed)
    {
        try
        {
            changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Told already, or stopping.
        }
    }

    private Stamp TakeStamp()
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

    [LoggerMessage(10, LogLevel.Information, "{File} read again: {Pods} pods, {Services} services")]
    private partial void LogRead(string file, int pods, int services);

    [LoggerMessage(11, LogLevel.Warning, "{Error}; the objects read before stay in use")]
    private partial void LogKept(string error);
}
