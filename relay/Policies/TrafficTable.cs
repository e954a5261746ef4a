using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>
/// What was forwarded between workloads, as policies see it: with the ports of pods. Any number of callers.
/// </summary>
/// <param name="started">When it began, Unix nanoseconds.</param>
/// <param name="capacity">
/// Beyond it, the entries that were unused for the longest time are removed, those with an end outside the cluster first. An entry
/// needs some 400 bytes.
/// </param>
internal sealed class TrafficTable(long started, int capacity = 20_000)
{
    // Some are removed at once, so that searching for them is rare.
    private const int RemovedAtOnce = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<TrafficKey, TrafficEntry> _entries = [];

    // Those that changed since they were saved.
    private readonly HashSet<TrafficKey> _unsaved = [];
    private ulong _forgotten, _guessed;
    private long _from = started;

    /// <summary>Since when it records, Unix nanoseconds.</summary>
    public long From
    {
        get
        {
            lock (_lock)
                return _from;
        }
    }

    public void Add(in NamedFlow flow)
    {
        if (flow.Decision.Verdict != Verdict.Forwarded || flow.IsProbe || flow.IsOwn)
            return;
        PolicyConnection connection = FlowPolicies.ConnectionOf(flow);
        if (!IsSubjectToPolicies(connection))
            return;
        bool isNamed = flow.Service is not null || flow.ResolvedName is not null;
        lock (_lock)
        {
            // Who may call whom must not be derived from a guess.
            if (flow.Guessed)
            {
                _guessed++;
                return;
            }

            TrafficKey key = TrafficKey.Of(connection);
            if (_entries.Count >= capacity && !_entries.ContainsKey(key))
                RemoveUnused();
            _unsaved.Add(key);
            ref TrafficEntry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, key, out bool exists);
            entry = exists
                ? entry with
                {
                    Last = connection,
                    Service = isNamed ? flow.Service : entry.Service,
                    Outside = isNamed ? flow.ResolvedName : entry.Outside,
                    Flows = entry.Flows + 1,
                    LastSeen = flow.Time,
                }
                : new TrafficEntry(connection, flow.Service, flow.ResolvedName, 1, flow.Time, flow.Time);
        }
    }

    /// <summary>Takes over what was saved before this relay started. Later entries stay.</summary>
    /// <param name="from">Since when it was recorded, Unix nanoseconds.</param>
    public void Load(IEnumerable<TrafficEntry> saved, long from)
    {
        lock (_lock)
        {
            _from = Math.Min(_from, from);
            foreach (TrafficEntry entry in saved)
                _entries.TryAdd(TrafficKey.Of(entry.Last), entry);
        }
    }

    /// <summary>What is to be saved. It stays to be saved until <see cref="SetSaved"/>.</summary>
    public IReadOnlyList<TrafficEntry> ReadUnsaved()
    {
        lock (_lock)
            return [.. _unsaved.Where(_entries.ContainsKey).Select(key => _entries[key])];
    }

    /// <summary>Everything is to be saved again: what it was saved to is lost.</summary>
    public void SetUnsaved()
    {
        lock (_lock)
            _unsaved.UnionWith(_entries.Keys);
    }

    /// <summary>These were saved. What has changed since is to be saved again.</summary>
    public void SetSaved(IEnumerable<TrafficEntry> saved)
    {
        lock (_lock)
        {
            foreach (TrafficEntry entry in saved)
            {
                TrafficKey key = TrafficKey.Of(entry.Last);
                if (!_entries.TryGetValue(key, out TrafficEntry now) || now.Flows == entry.Flows)
                    _unsaved.Remove(key);
            }
        }
    }

    /// <summary>Removes what was not seen since then, Unix nanoseconds, as the history does.</summary>
    public void RemoveBefore(long time)
    {
        lock (_lock)
        {
            _from = Math.Max(_from, time);
            foreach ((TrafficKey key, TrafficEntry entry) in _entries)
            {
                if (entry.LastSeen < time)
                    Remove(key);
            }
        }
    }

    /// <summary>The entries, the number of those that were removed, and of flows that were left out because they were guessed.</summary>
    public (List<TrafficEntry> Entries, ulong Forgotten, ulong Guessed) Read()
    {
        lock (_lock)
            return ([.. _entries.Values], _forgotten, _guessed);
    }

    // Pods are subject to them, except towards their own node.
    private static bool IsSubjectToPolicies(in PolicyConnection connection) =>
        connection is not { Client.IsPod: false, Server.IsPod: false }
        && !(connection is { Client.Owner: { } client, Server.Owner: { } server }
            && (connection.Client.IsHost || connection.Server.IsHost) && client.Node == server.Node);

    private void RemoveUnused()
    {
        TrafficKey[] unused =
        [
            .. _entries.OrderByDescending(entry => entry.Key.IsOutside).ThenBy(entry => entry.Value.LastSeen)
                .Take(Math.Max(1, capacity / RemovedAtOnce)).Select(entry => entry.Key),
        ];
        _forgotten += (ulong)unused.Length;
        foreach (TrafficKey key in unused)
            Remove(key);
    }

    private void Remove(TrafficKey key)
    {
        _entries.Remove(key);
        _unsaved.Remove(key);
    }
}
