using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// The connections that host-network pods opened: their packets have only the node's address. Bounded; not thread-safe.
/// </summary>
/// <param name="capacity">Maximum number of entries, two for a connection whose client port was translated; the oldest is evicted.</param>
internal sealed class HostConnections(int capacity = 16_384)
{
    /// <summary>
    /// Maximum difference between the opening and the established time, by the clocks of two nodes, in nanoseconds. Beyond
    /// it, the same endpoints may belong to another connection: the client is then shown as the node.
    /// </summary>
    public const long MaxTimeDifference = 3 * UnixTime.Second;

    private readonly Dictionary<(string Node, ushort ClientPort), List<HostConnection>> _byPort = [];
    private readonly Queue<(string Node, ushort ClientPort)> _order = [];

    public void Add(string node, HostConnection connection)
    {
        Add((node, connection.ClientPort), connection);
        // A flow has the port before translation if the server's node knows it.
        if (connection.OriginalClientPort != connection.ClientPort)
            Add((node, connection.OriginalClientPort), connection);
    }

    private void Add((string, ushort) key, HostConnection connection)
    {
        if (_order.Count >= capacity)
            RemoveFirst(_order.Dequeue());
        if (!_byPort.TryGetValue(key, out List<HostConnection>? connections))
            _byPort.Add(key, connections = new List<HostConnection>(1));
        connections.Add(connection);
        _order.Enqueue(key);
    }

    /// <summary>The host-network pod's connection, or null if no agent reported one.</summary>
    /// <param name="node">The node that has the client's address.</param>
    /// <param name="clientPort">The client's port, before or after translation.</param>
    /// <param name="server">The server after translation.</param>
    /// <param name="services">The services that may translate, if the connection tracker does not.</param>
    /// <param name="opened">Unix nanoseconds.</param>
    public HostConnection? Find(string node, ushort clientPort, AddressPort server, ServiceTable services, long opened)
    {
        if (!_byPort.TryGetValue((node, clientPort), out List<HostConnection>? connections))
            return null;
        (HostConnection? found, long smallest) = (null, MaxTimeDifference);
        foreach (HostConnection connection in connections)
        {
            long difference = Math.Abs(connection.Time - opened);
            if (difference <= smallest && (connection.Server == server || LeadsTo(connection.OriginalServer, server, services, opened)))
                (found, smallest) = (connection, difference);
        }

        return found;
    }

    private static bool LeadsTo(AddressPort destination, AddressPort server, ServiceTable services, long time) =>
        services.Find(Protocol.Tcp, destination, time)?.Port?.Backends.Contains(server) == true;

    private void RemoveFirst((string, ushort) key)
    {
        List<HostConnection> connections = _byPort[key];
        connections.RemoveAt(0);
        if (connections.Count == 0)
            _byPort.Remove(key);
    }
}
