namespace Depmap.Agent.Links;

/// <summary>
/// Interfaces for which something is due, each at a time of its own: an attachment, or a check. Pure: times are given.
/// </summary>
internal sealed class DueTimes
{
    private readonly Dictionary<int, TimeSpan> _due = [];

    public int Count => _due.Count;

    /// <summary>The earliest time at which something is due; null when nothing is pending.</summary>
    public TimeSpan? Next => _due.Count == 0 ? null : _due.Values.Min();

    /// <summary>Null is never.</summary>
    public static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    public bool Contains(int index) => _due.ContainsKey(index);

    public bool IsDue(int index, TimeSpan now) => _due.TryGetValue(index, out TimeSpan at) && at <= now;

    /// <summary>A time that is pending already stays: what keeps happening to an interface does not put off its answer.</summary>
    public void Add(int index, TimeSpan at) => _due.TryAdd(index, at);

    public void Remove(int index) => _due.Remove(index);

    public void Clear() => _due.Clear();

    /// <summary>Removes all interfaces but these.</summary>
    public void Keep(IReadOnlyDictionary<int, string> interfaces)
    {
        foreach (int index in _due.Keys.Where(index => !interfaces.ContainsKey(index)).ToArray())
            _due.Remove(index);
    }

    /// <summary>Removes the interfaces whose time has come, and returns them, the earliest first.</summary>
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
