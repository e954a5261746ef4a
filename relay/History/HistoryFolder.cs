using System.Globalization;

namespace Depmap.Relay.History;

/// <summary>Opens the history in a folder. A file that cannot be used is renamed, never deleted.</summary>
/// <param name="path">The folder; null to keep the history in memory.</param>
/// <param name="retain">How long to keep it in the folder.</param>
/// <param name="maxBytes">The maximum size there.</param>
/// <param name="maxEdges">The maximum number of edges.</param>
internal sealed class HistoryFolder(string? path, TimeSpan retain, long maxBytes, long maxEdges, TimeProvider timeProvider)
{
    // A write-ahead log and a rollback journal need room on the volume too.
    private const double MaxShareOfVolume = 0.8;

    /// <param name="damage">What is wrong with the file that was open; null for none.</param>
    public OpenedHistory Open(string? damage = null)
    {
        if (path is null)
            return InMemory(null);
        string? problem = null;
        try
        {
            Directory.CreateDirectory(path);
            if (damage is not null)
                problem = SetAside(damage);
            return InFile(problem);
        }
        catch (Exception e) when (HistoryFile.IsDamage(e))
        {
            return OpenNew(e.Message);
        }
        catch (Exception e) when (HistoryFile.IsFailure(e))
        {
            return InMemory(Describe(e));
        }
    }

    private OpenedHistory OpenNew(string damage)
    {
        try
        {
            return InFile(SetAside(damage));
        }
        catch (Exception e) when (HistoryFile.IsFailure(e))
        {
            return InMemory(Describe(e));
        }
    }

    private OpenedHistory InFile(string? problem)
    {
        HistoryFile file = HistoryFile.Open(Path.Combine(path!, HistoryFile.Name));
        try
        {
            long bytes = Math.Min(maxBytes, (long)(new DriveInfo(Path.GetFullPath(path!)).TotalSize * MaxShareOfVolume));
            return new OpenedHistory(file, file.Load(), HistoryLimits.InFile(retain, bytes, maxEdges), problem);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private OpenedHistory InMemory(string? problem)
    {
        var store = new MemoryStore();
        return new OpenedHistory(store, store.Load(), HistoryLimits.InMemory(maxEdges), problem);
    }

    private string SetAside(string damage)
    {
        string file = Path.Combine(path!, HistoryFile.Name);
        string time = timeProvider.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string aside = $"{file}.unusable-{time}";
        for (int i = 2; File.Exists(aside); i++)
            aside = $"{file}.unusable-{time}-{i}";
        File.Move(file, aside);
        foreach (string suffix in (string[])["-wal", "-shm", "-journal"])
        {
            if (File.Exists(file + suffix))
                File.Move(file + suffix, aside + suffix);
        }

        return $"the history's file was set aside as {aside}, and a new one was begun: {damage}";
    }

    private string Describe(Exception e) => $"the history is kept in memory, for an hour: {path} cannot be used: {e.Message}";
}
