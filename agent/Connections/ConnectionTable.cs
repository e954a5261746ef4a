using System.Diagnostics.CodeAnalysis;
using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connections of this node, and the queue of those with changes for the relay. Both are bounded: while the relay is
/// unreachable, a connection is queued once and is reported in its latest state.
/// </summary>
/// <remarks>
/// An interface may hold three times as many connections as there is room left in the table (the dynamic threshold of
/// Choudhury and Hahne, 1998). One busy pod can use three quarters of the table, several share it equally, and room is left
/// for the others' connections. From two thirds of its share on, each new connection evicts up to two of the same interface
/// that matter least. They are reported as ended, so a flood costs the pod that makes it, and nobody else. What the node drops
/// counts with the interface of the client's pod, or else of the server's.
/// </remarks>
/// <param name="capacity">Maximum number of connections.</param>
internal sealed class ConnectionTable(int capacity)
{
    private const int ShareOfRoom = 3, ShareBeforeEviction = 2;
    private const int MaxEvictedAtOnce = 2;

    /// <summary>Interfaces without a connection are forgotten once there are so many.</summary>
    private const int MaxInterfaces = 1024;

    private const int MaxPodAddresses = 4096;

    private readonly Dictionary<ConnectionKey, Connection> _byKey = [];
    private readonly Dictionary<int, InterfaceConnections> _interfaces = [];
    private readonly Dictionary<Address, InterfaceConnections> _pods = [];
    private readonly Queue<Connection> _queue = new();
    private readonly RecentOpenings _openings = new();

    /// <summary>Number of connections, including those that are only held for a last report.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Number of connections that found no room. A retransmitted SYN is not counted again, nor is a connection of which
    /// another interface is known to have a part. It is lowered if a connection finds room later. It may be too high, never
    /// too low: <see cref="RecentOpenings"/> does not remember everything.
    /// </summary>
    public ulong Lost { get; private set; }

    public Dictionary<ConnectionKey, Connection>.ValueCollection All => _byKey.Values;

    public bool HasUpdates => _queue.Count > 0;

    public bool TryGet(in ConnectionKey key, [NotNullWhen(true)] out Connection? connection) =>
        _byKey.TryGetValue(key, out connection);

    /// <summary>To be called for each interface that is attached.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="appeared">See <see cref="InterfaceConnections.Appeared"/>.</param>
    public void SetAppeared(int index, long appeared) => ConnectionsOf(index).Appeared = appeared;

    /// <summary>See <see cref="InterfaceConnections.Appeared"/>.</summary>
    public long AppearedOf(int index) => _interfaces.TryGetValue(index, out InterfaceConnections? connections) ? connections.Appeared : 0;

    /// <summary>Adds a connection, replacing one between the same endpoints. False if there is no room.</summary>
    /// <param name="isFirst">It is the connection's first packet: if there is no room, it is counted as lost.</param>
    public bool TryAdd(Connection connection, bool isFirst)
    {
        if (_byKey.TryGetValue(connection.Key, out Connection? former))
            Remove(former);
        InterfaceConnections sameInterface = ConnectionsOf(connection);
        for (int i = 0; i < MaxEvictedAtOnce && HasUsed(sameInterface, ShareBeforeEviction); i++)
        {
            if (sameInterface.FindVictim(connection.Opened) is not { } victim)
                break;
            Remove(victim);
        }

        if (HasUsed(sameInterface, ShareOfRoom))
        {
            if (isFirst && _openings.IsFirstLoss(connection))
                Lost++;
            return false;
        }

        if (_openings.WasLost(connection))
            Lost--;
        _byKey.Add(connection.Key, connection);
        connection.SameInterface = sameInterface;
        sameInterface.Count++;
        Count++;
        sameInterface.MoveToEnd(connection);
        return true;
    }

    /// <summary>Removes a connection. If its end was not reported yet, it is queued for a last report.</summary>
    public void Remove(Connection connection)
    {
        _byKey.Remove(connection.Key);
        connection.Order?.Remove(connection);
        connection.Removed = true;
        if (!connection.Ended)
        {
            connection.Ended = true;
            if (!connection.IsUnconfirmed)
                Report(connection);
        }

        if (!connection.Queued)
            Forget(connection);
    }

    /// <summary>To be called after each packet: connections are evicted in the order of their last packet.</summary>
    public void Touch(Connection connection)
    {
        if (!connection.Removed)
            connection.SameInterface!.MoveToEnd(connection);
    }

    public void Report(Connection connection)
    {
        Touch(connection);
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
        if (connection.Removed)
            Forget(connection);
        return true;
    }

    private bool HasUsed(InterfaceConnections connections, long share) => connections.Count >= share * (capacity - Count);

    private void Forget(Connection connection)
    {
        connection.SameInterface!.Count--;
        Count--;
    }

    private InterfaceConnections ConnectionsOf(Connection connection)
    {
        FlowKey flow = connection.Key.Flow;
        if (flow.Interface == 0)
        {
            // Only addresses of this node's pods have a share of their own: a flood may have any number of other addresses.
            return _pods.GetValueOrDefault(flow.Pod)
                ?? (connection.Original is { } original ? _pods.GetValueOrDefault(original.Source) : null)
                ?? _pods.GetValueOrDefault(flow.Peer)
                ?? ConnectionsOf(0);
        }

        InterfaceConnections connections = ConnectionsOf(flow.Interface);
        if (_pods.GetValueOrDefault(flow.Pod) != connections)
        {
            if (_pods.Count >= MaxPodAddresses)
                _pods.Clear(); // each pod's next connection adds its address again
            _pods[flow.Pod] = connections;
        }

        return connections;
    }

    private InterfaceConnections ConnectionsOf(int index)
    {
        if (_interfaces.TryGetValue(index, out InterfaceConnections? connections))
            return connections;
        if (_interfaces.Count >= MaxInterfaces)
        {
            foreach ((int other, InterfaceConnections candidate) in _interfaces)
            {
                if (candidate.Count == 0)
                    _interfaces.Remove(other); // allowed during enumeration
            }
        }

        _interfaces.Add(index, connections = new InterfaceConnections());
        return connections;
    }
}
