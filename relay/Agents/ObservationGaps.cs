using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>
/// When a node had no agent: what was missed cannot be counted. Covers the last hour. Bounded; not thread-safe. An agent that only
/// lost its connection to the relay goes on observing, which is no gap.
/// </summary>
internal sealed class ObservationGaps
{
    private const int MaxGaps = 1_000;
    private const long KeepFor = 60 * UnixTime.Minute;

    private readonly Queue<ObservationGap> _gaps = new();

    /// <param name="from">When the last agent of the node ended, Unix nanoseconds.</param>
    /// <param name="to">When the next one connected: now.</param>
    public void Add(string node, long from, long to)
    {
        RemoveExpired(to);
        if (to <= from)
            return;
        if (_gaps.Count >= MaxGaps)
            _gaps.Dequeue();
        _gaps.Enqueue(new ObservationGap { Node = node, FromUnixNs = from, ToUnixNs = to });
    }

    /// <summary>Oldest first.</summary>
    public List<ObservationGap> List(long now)
    {
        RemoveExpired(now);
        return [.. _gaps];
    }

    private void RemoveExpired(long now)
    {
        while (_gaps.TryPeek(out ObservationGap? oldest) && now - oldest.ToUnixNs >= KeepFor)
            _gaps.Dequeue();
    }
}
