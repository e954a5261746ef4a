namespace Depmap.Relay.History;

/// <summary>Keeps periods in memory.</summary>
internal sealed class MemoryStore : IHistoryStore
{
    private readonly SortedDictionary<long, byte[]> _minutes = [], _hours = [];

    public bool IsPersistent => false;

    public long Size => _minutes.Values.Sum(growth => (long)growth.Length) + _hours.Values.Sum(growth => (long)growth.Length);

    public HistoryContents Load() => new([], [], 0, new HistoryState(), []);

    public IEnumerable<(long From, byte[] Growth)> Read(PeriodRange range)
    {
        (SortedDictionary<long, byte[]> periods, long length) = range.Length == PeriodLength.Minute
            ? (_minutes, UnixTime.Minute) : (_hours, PeriodPlan.Hour);
        return periods.Where(period => period.Key >= range.From && period.Key < range.To)
            .Select(period => (period.Key * length, period.Value));
    }

    public void Write(HistoryChange change)
    {
        foreach ((PeriodLength length, long start, byte[] growth) in change.Periods)
            (length == PeriodLength.Minute ? _minutes : _hours)[start] = growth;
        RemoveBefore(_minutes, change.RemoveMinutesBefore);
        RemoveBefore(_hours, change.RemoveHoursBefore);
    }

    public void Dispose()
    {
    }

    private static void RemoveBefore(SortedDictionary<long, byte[]> periods, long start)
    {
        foreach (long old in periods.Keys.TakeWhile(key => key < start).ToList())
            periods.Remove(old);
    }
}
