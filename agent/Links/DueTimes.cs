namespace Depmap.Agent.Links;

/// <summary>The times at which interfaces are due for attaching or checking. Pure: the caller passes the time.</summary>
internal sealed class DueTimes
{
    private readonly Dictionary<int, TimeSpan> _due = [];

    public int Count => _due.Count;

    /// <summary>The earliest due time; null if there is none.</summary>
    public TimeSpan? Next => _due.Count == 0 ? null : _due.Values.Min();

    /// <summary>The earlier of two times; null means never.</summary>
    public static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    public bool Contains(int index) => _due.ContainsKey(index);

    public bool IsDue(int index, TimeSpan now) => _due.TryGetValue(index, out TimeSpan at) && at <= now;

    /// <summary>Keeps a time that is already pending, so that repeated events do not postpone it.</summary>
    public void Add(int index, TimeSpan at) => _due.TryAdd(index, at);

    public void Remove(int index) => _due.Remove(index);

    public void Clear() => _due.Clear();

    /// <summary>Removes all other interfaces.</summary>
    public void Keep(IReadOnlyDictionary<int, string> interfaces)
    {
        foreach (int index in _due.Keys.Where(index => !interfaces.ContainsKey(index)).ToArray())
            _due.Remove(index);
    }

    /// <summary>Removes and returns the interfaces that are due, the earliest first.</summary>
    public int[] TakeDue(TimeSpan now)
    {
        if (Next is not { } next || next > now)
            return [];
        int[] taken = [.. _due.Keys.Where(index => IsDue(index, now)).OrderBy(index => _due[index]).ThenBy(index => index)];
        foreach (int index in taken)
            _due.Remove(index);
        return taken;
    }
}
