namespace Depmap.Relay.Joining;

/// <summary>
/// The sightings of one agent process whose flows the joiner has removed although they were open. Their updates are ignored: as new
/// sightings, they would be counted and published again.
/// </summary>
internal sealed class ForgottenSightings
{
    private readonly HashSet<ulong> _ids = [];
    private ulong _highest;

    // All unknown sightings below this are treated as forgotten. Agents number sightings in the order of their opening.
    private ulong _allBelow;

    public int Count => _ids.Count;

    public bool Contains(ulong id) => id < _allBelow || _ids.Contains(id);

    public void Add(ulong id)
    {
        _ids.Add(id);
        _highest = Math.Max(_highest, id);
    }

    public void Remove(ulong id) => _ids.Remove(id);

    /// <summary>Releases the memory: from now on, all unknown sightings up to the latest forgotten one are treated as forgotten.</summary>
    public void Merge()
    {
        _allBelow = Math.Max(_allBelow, _highest == ulong.MaxValue ? _highest : _highest + 1);
        _ids.Clear();
        _ids.TrimExcess();
    }
}
