using System.Diagnostics.CodeAnalysis;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connections of this node, bounded, and the queue of those that the relay is to hear of. The relay being away fills
/// the queue, but never the memory: a connection waits in it once, as what it is now.
/// </summary>
/// <param name="capacity">The most connections held.</param>
internal sealed class ConnectionTable(int capacity)
{
    private readonly Dictionary<ConnectionKey, Connection> _byKey = [];
    private readonly Queue<Connection> _queue = new();
    private int _replaced;
    private long _fullUntil;

    /// <summary>Connections held, those that only wait to be reported among them.</summary>
    public int Count => _byKey.Count + _replaced;

    /// <summary>Openings that there was no room for, in total. One that is sent again counts again.</summary>
    public ulong Lost { get; private set; }

    public Dictionary<ConnectionKey, Connection>.ValueCollection All => _byKey.Values;

    public bool HasUpdates => _queue.Count > 0;

    public bool TryGet(in ConnectionKey key, [NotNullWhen(true)] out Connection? connection) =>
        _byKey.TryGetValue(key, out connection);

    /// <summary>Adds it, in place of a former one of the same ends. False when the table is full.</summary>
    /// <param name="isFirst">This is its first packet: without room it is lost, and counted. Of a later one it was already.</param>
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

    /// <summary>Forgets it; if the relay does not know of its end, it still waits for its report.</summary>
    public void Remove(Connection connection)
    {
        _byKey.Remove(connection.Key);
        if (!connection.Ended)
        {
            connection.Ended = true;
            if (!connection.IsDoubtful)
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
    /// Forgets what was reported and is over, else what is long silent: a sixteenth of the table at once, so that it is rare.
    /// </summary>
    private bool MakeRoom(long now)
    {
        if (now < _fullUntil)
            return false;
        int wanted = Math.Max(1, capacity / 16);
        List<Connection> victims = [.. _byKey.Values
            .Where(c => c.Reported && !c.Queued && (c.Ended || now - c.Last > Timing.SilentForLong))
            .OrderByDescending(c => c.Ended)
            .ThenBy(c => c.Last)
            .Take(wanted)];
        foreach (Connection victim in victims)
        {
            victim.Ended = true; // the relay forgets it by its own clock
            _byKey.Remove(victim.Key);
        }

        if (victims.Count < wanted)
            _fullUntil = now + Timing.Second; // looking through the whole table for each packet would find no more
        return victims.Count > 0;
    }
}
