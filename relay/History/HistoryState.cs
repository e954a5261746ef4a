namespace Depmap.Relay.History;

/// <summary>What the history covers.</summary>
internal sealed record HistoryState
{
    /// <summary>Since when growth is kept, Unix nanoseconds; 0 for a new history.</summary>
    public long From { get; init; }

    /// <summary>Until when growth is recorded, Unix nanoseconds; 0 for a new history.</summary>
    public long RecordedUntil { get; init; }

    /// <summary>The first hour that still has minutes, in hours since 1970.</summary>
    public long MinutesFrom { get; init; }

    /// <summary>The first hour that is not folded yet, in hours since 1970.</summary>
    public long HoursTo { get; init; }
}
