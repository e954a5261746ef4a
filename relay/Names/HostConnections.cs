using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// The connections that host-network pods opened: their packets have only the node's address. Bounded; not thread-safe.
/// </summary>
/// <param name="capacity">
/// Maximum number of entries, two for a connection whose client port was translated. Beyond it,
/// the oldest of the node with most is evicted: an agent that reports without end loses its own.
/// </param>
internal sealed class HostConnections(int capacity = 16_384)
{
    /// <summary>
    /// Maximum difference between the opening and the established time, by the clocks of two nodes, in nanoseconds. Beyond
    /// it, the same endpoints may belong to another connection: the client is then shown as the node.
    /// </summary>
    public const long MaxTimeDifference = 3 * UnixTime.Second;

    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Shares<Node> _shares = new();

    public void Add(string node, HostConnection connection)
    {
        Add(node, connection.ClientPort, connection);
        // A flow has the port before translation if the server's node knows it.
        if (connection.OriginalClientPort != connection.ClientPort)
            Add(node, connection.OriginalClientPort, connection);
    }

    private void Add(string name, ushort clientPort, HostConnection connection)
    {
        if (_shares.Count >= capacity)
            RemoveFirst(_shares.Largest!);
        if (!_nodes.TryGetValue(name, out Node? node))
            _nodes.Add(name, node = new Node(name));
        node.Add(clientPort, connection);
        _shares.Increment(node);
    }

    /// <summary>The host-network pod's connection, or null if no agent reported one.</summary>
    /// <param name="node">The node that has the client's address.</param>
    /// <param name="clientPort">The client's port, before or after translation.</param>
    /// <param name="server">The server after translation.</param>
    /// <param name="services">The services that may translate, if the connection tracker does not.</param>
    /// <param name="opened">Unix nanoseconds.</param>
    public HostConnection? Find(string node, ushort clientPort, AddressPort server, ServiceTable services, long opened)
    {
        (HostConnection? found, long smallest) = (null, MaxTimeDifference);
        foreach (HostConnection connection in _nodes.GetValueOrDefault(node)?.Find(clientPort) ?? [])
        {
            long difference = Math.Abs(connection.Time - opened);
            if (difference <= smallest && (connection.Server == server || LeadsTo(connection.OriginalServer, server, services, opened)))
                (found, smallest) = (connection, difference);
        }

        return found;
    }

    private static bool LeadsTo(AddressPort destination, AddressPort server, ServiceTable services, long time) =>
        services.Find(Protocol.Tcp, destination, time)?.Port?.Backends.Contains(server) == true;

    private void RemoveFirst(Node node)
    {
        node.RemoveFirst();
        _shares.Decrement(node);
        if (node.Share == 0)
            _nodes.Remove(node.Name);
    }

    /// <summary>The connections that the agent of one node reported.</summary>
    private sealed class Node(string name) : Shares<Node>.Item
    {
        private readonly Dictionary<ushort, List<HostConnection>> _byPort = [];
        private readonly Queue<ushort> _order = [];

        public string Name { get; } = name;

        public List<HostConnection>? Find(ushort clientPort) => _byPort.GetValueOrDefault(clientPort);

        public void Add(ushort clientPort, HostConnection connection)
        {
            if (!_byPort.TryGetValue(clientPort, out List<HostConnection>? connections))
                _byPort.Add(clientPort, connections = new List<HostConnection>(1));
            connections.Add(connection);
            _order.Enqueue(clientPort);
        }

        public void RemoveFirst()
        {
            ushort clientPort = _order.Dequeue();
            List<HostConnection> connections = _byPort[clientPort];
            connections.RemoveAt(0);
            if (connections.Count == 0)
                _byPort.Remove(clientPort);
        }
    }
}
