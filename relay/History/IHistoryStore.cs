namespace Depmap.Relay.History;

/// <summary>Where minutes and hours are kept. Not thread-safe.</summary>
internal interface IHistoryStore : IDisposable
{
    /// <summary>Whether it survives a restart.</summary>
    bool IsPersistent { get; }

    /// <summary>What it takes, in bytes.</summary>
    long Size { get; }

    /// <summary>Reads all but the periods.</summary>
    HistoryContents Load();

    /// <summary>The periods of a range that exist, in order, with the start of each in Unix nanoseconds.</summary>
    IEnumerable<(long From, byte[] Growth)> Read(PeriodRange range);

    /// <summary>Saves all of it or nothing.</summary>
    void Write(HistoryChange change);
}
