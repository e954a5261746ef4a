namespace Depmap.Agent.Links;

/// <summary>
/// Interfaces for which something is due, each at a time of its own: an attachment, or a check. Pure: times are given.
/// </summary>
internal sealed class DueTimes
{
    private readonly Dictionary<int, TimeSpan> due = [];

    public int Count => due.Count;

    /// <summary>The earliest time at which something is due; null when nothing is pending.</summary>
    public TimeSpan? Next => due.Count == 0 ? null : due.Values.Min();

    /// <summary>Null is never.</summary>
    public static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    public bool Contains(int index) => due.ContainsKey(index);

    public bool IsDue(int index, TimeSpan now) => due.TryGetValue(index, out TimeSpan at) && at <= now;

    /// <summary>A time that is pending already stays: what keeps happening to an interface does not put off its answer.</summary>
    public void Add(int index, TimeSpan at) => due.TryAdd(index, at);

    public void Remove(int index) => due.Remove(index);

    public void Clear() => due.Clear();

    /// <summary>Removes all interfaces but these.</summary>
    public void Keep(IReadOnlyDictionary<int, string> interfaces)
    {
        foreach (int index in due.Keys.Where(index => !interfaces.ContainsKey(index)).ToArray())
            due.Remove(index);
    }

    /// <summary>Removes the interfaces whose time has come, and returns them, the earliest first.</summary>
    public int[] TakeDue(TimeSpan now)
    {
        if (Next is not { } next || next > now)
            return [];
        int[] taken = [.. due.Keys.Where(index => IsDue(index, now)).OrderBy(index => due[index]).ThenBy(index => index)];
        foreach (int index in taken)
            due.Remove(index);
        return taken;
    }
}
