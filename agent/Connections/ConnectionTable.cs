using System.Diagnostics.CodeAnalysis;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connections of this node, and the queue of those with changes for the relay. Both are bounded: while the relay is
/// unreachable, a connection is queued once and is reported in its latest state.
/// </summary>
/// <param name="capacity">Maximum number of connections.</param>
internal sealed class ConnectionTable(int capacity)
{
    private readonly Dictionary<ConnectionKey, Connection> _byKey = [];
    private readonly Queue<Connection> _queue = new();
    private int _replaced;
    private long _fullUntil;

    /// <summary>Number of connections, including those that are only held for a last report.</summary>
    public int Count => _byKey.Count + _replaced;

    /// <summary>Total number of openings that found the table full. A retransmitted SYN is counted again.</summary>
    public ulong Lost { get; private set; }

    public Dictionary<ConnectionKey, Connection>.ValueCollection All => _byKey.Values;

    public bool HasUpdates => _queue.Count > 0;

    public bool TryGet(in ConnectionKey key, [NotNullWhen(true)] out Connection? connection) =>
        _byKey.TryGetValue(key, out connection);

    /// <summary>Adds a connection, replacing one between the same endpoints. False when the table is full.</summary>
    /// <param name="isFirst">It is the connection's first packet: if the table is full, it is counted as lost.</param>
    public bool TryAdd(Connection connection, bool isFirst)
    {
        if (_byKey.TryGetValue(connection.Key, out Connection? former))
            Remove(former);
        if (Count >= capacity && !MakeRoom(connection.Opened))
        {
            if (isFirst)
                Lost++;
            return false;
        }

        _byKey.Add(connection.Key, connection);
        return true;
    }

    /// <summary>Removes a connection. If its end was not reported yet, it is queued for a last report.</summary>
    public void Remove(Connection connection)
    {
        _byKey.Remove(connection.Key);
        if (!connection.Ended)
        {
            connection.Ended = true;
            if (!connection.IsUnconfirmed)
                Report(connection);
        }

        if (connection.Queued)
            _replaced++;
    }

    public void Report(Connection connection)
    {
        if (connection.Queued)
            return;
        connection.Queued = true;
        _queue.Enqueue(connection);
    }

    public bool TryTakeUpdate([NotNullWhen(true)] out Connection? connection)
    {
        if (!_queue.TryDequeue(out connection))
            return false;
        connection.Queued = false;
        connection.Reported = true;
        if (!_byKey.TryGetValue(connection.Key, out Connection? current) || current != connection)
            _replaced--;
        return true;
    }

    /// <summary>
    /// Evicts connections that have ended and were reported, then those that are long idle: a sixteenth of the table at once,
    /// so that this is rare.
    /// </summary>
    private bool MakeRoom(long now)
    {
        if (now < _fullUntil)
            return false;
        int wanted = Math.Max(1, capacity / 16);
        List<Connection> victims = [.. _byKey.Values
            .Where(c => c.Reported && !c.Queued && (c.Ended || now - c.Last > Timing.MinIdleBeforeEviction))
            .OrderByDescending(c => c.Ended)
            .ThenBy(c => c.Last)
            .Take(wanted)];
        foreach (Connection victim in victims)
        {
            victim.Ended = true; // the relay removes it by its own timeout
            _byKey.Remove(victim.Key);
        }

        if (victims.Count < wanted)
            _fullUntil = now + Timing.Second; // searching the whole table again for each packet would find nothing more
        return victims.Count > 0;
    }
}
