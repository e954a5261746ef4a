using System.Runtime.InteropServices;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>
/// What was forwarded between workloads since the relay started, as policies see it: with the ports of pods. Any number of callers.
/// </summary>
/// <param name="started">Unix nanoseconds.</param>
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
    private ulong _forgotten, _guessed;

    public long Started => started;

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
            _entries.Remove(key);
    }
}
