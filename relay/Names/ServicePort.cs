using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>One port of a service with its backends, and since when it had ready ones. Does not change once its table is built.</summary>
/// <param name="byNode">Remember which nodes have ready backends, for a traffic policy <c>Local</c>.</param>
internal sealed class ServicePort(bool byNode = false)
{
    /// <summary>Maximum number of earlier states: of a port that changes more often, the oldest are forgotten.</summary>
    public const int MaxEarlier = 32;

    private readonly Dictionary<AddressPort, bool> _backends = [];
    private readonly HashSet<string>? _readyNodes = byNode ? [] : null;
    private IReadOnlyList<Earlier> _earlier = [];

    public bool HasReadyBackend { get; private set; }

    /// <summary>All backends, ready or not.</summary>
    public Dictionary<AddressPort, bool>.KeyCollection Backends => _backends.Keys;

    /// <summary>Whether an endpoint is a backend. One that is not ready counts: it may still serve open connections.</summary>
    public bool HasBackend(AddressPort endpoint) => _backends.ContainsKey(endpoint);

    public void Add(AddressPort backend, bool ready, string? node = null)
    {
        _backends[backend] = ready || _backends.GetValueOrDefault(backend);
        HasReadyBackend |= ready;
        if (ready && node is not null)
            _readyNodes?.Add(node);
    }

    /// <summary>Whether there was no ready backend at some moment from one time to another (Unix nanoseconds, inclusive).</summary>
    /// <param name="node">Consider only backends on this node, if the table remembers nodes for this port; null for all.</param>
    public bool LackedBackend(long from, long to, string? node = null)
    {
        long since = long.MinValue;
        foreach (Earlier earlier in _earlier)
        {
            if (Lacks(earlier.Ready, earlier.ReadyNodes, node) && since < to && earlier.Until >= from)
                return true;
            since = earlier.Until;
        }

        return Lacks(HasReadyBackend, _readyNodes, node) && since < to;
    }

    /// <summary>Takes the earlier states from the port's previous version.</summary>
    /// <param name="previous">Null if the port is new: it had no backends until now.</param>
    /// <param name="now">The time of the snapshot, Unix nanoseconds.</param>
    public void Continue(ServicePort? previous, long now)
    {
        IReadOnlyList<Earlier> known = previous?._earlier ?? [];
        // If the traffic policy has just changed, it is not known which nodes had backends: they are taken to be as now.
        HashSet<string>? nodesBefore = previous is null ? null : previous._readyNodes ?? _readyNodes;
        bool changed = HasReadyBackend != (previous?.HasReadyBackend ?? false)
            || (_readyNodes is not null && nodesBefore?.SetEquals(_readyNodes) == false);
        if (!changed && (known.Count == 0 || now - known[0].Until < AddressTimeline.History))
        {
            _earlier = known;
            return;
        }

        List<Earlier> next = [.. known.Where(earlier => now - earlier.Until < AddressTimeline.History)];
        if (changed)
            next.Add(new Earlier(now, previous?.HasReadyBackend ?? false, nodesBefore));
        _earlier = next.Count > MaxEarlier ? next[^MaxEarlier..] : next;
    }

    private static bool Lacks(bool ready, HashSet<string>? readyNodes, string? node) =>
        !ready || (node is not null && readyNodes?.Contains(node) == false);

    /// <param name="Until">Unix nanoseconds, inclusive.</param>
    private readonly record struct Earlier(long Until, bool Ready, HashSet<string>? ReadyNodes);
}
