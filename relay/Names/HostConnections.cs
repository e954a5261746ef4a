using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// Which pods on the nodes' networks opened what, for a packet of theirs has only the node's address. Bounded; one stage
/// writes and reads.
/// </summary>
/// <param name="capacity">Connections held, those that were translated twice; beyond, those told longest ago are forgotten.</param>
internal sealed class HostConnections(int capacity = 16_384)
{
    /// <summary>
    /// Between the opening and the answer, by clocks of two nodes, nanoseconds. The same two ends can be another
    /// connection's before and after: what took longer stays its node's.
    /// </summary>
    public const long Apart = 3 * UnixTime.Second;

    private readonly Dictionary<(string Node, ushort ClientPort), List<HostConnection>> _byPort = [];
    private readonly Queue<(string Node, ushort ClientPort)> _oldest = [];

    public void Add(string node, HostConnection connection)
    {
        Add((node, connection.ClientPort), connection);
        // A flow's client is who it was before translation, where its server's node knows that.
        if (connection.SocketPort != connection.ClientPort)
            Add((node, connection.SocketPort), connection);
    }

    private void Add((string, ushort) key, HostConnection connection)
    {
        if (_oldest.Count >= capacity)
            Forget(_oldest.Dequeue());
        if (!_byPort.TryGetValue(key, out List<HostConnection>? sharing))
            _byPort.Add(key, sharing = new List<HostConnection>(1));
        sharing.Add(connection);
        _oldest.Enqueue(key);
    }

    /// <summary>What opened a connection, or null where no agent said that a pod did.</summary>
    /// <param name="node">Whose address its packets have.</param>
    /// <param name="clientPort">The port there, before translation or after.</param>
    /// <param name="server">Where it came to, after translation.</param>
    /// <param name="services">What may stand between, where not the connection tracker translates.</param>
    /// <param name="opened">Unix nanoseconds.</param>
    public HostConnection? Find(string node, ushort clientPort, AddressPort server, ServiceTable services, long opened)
    {
        if (!_byPort.TryGetValue((node, clientPort), out List<HostConnection>? sharing))
            return null;
        (HostConnection? found, long nearest) = (null, Apart);
        foreach (HostConnection connection in sharing)
        {
            long apart = Math.Abs(connection.Time - opened);
            if (apart <= nearest && (connection.Server == server || LeadsTo(connection.Asked, server, services, opened)))
                (found, nearest) = (connection, apart);
        }

        return found;
    }

    private static bool LeadsTo(AddressPort asked, AddressPort server, ServiceTable services, long time) =>
        services.Find(Protocol.Tcp, asked, time)?.Port?.Backends.Contains(server) == true;

    private void Forget((string, ushort) key)
    {
        List<HostConnection> sharing = _byPort[key];
        sharing.RemoveAt(0);
        if (sharing.Count == 0)
            _byPort.Remove(key);
    }
}
