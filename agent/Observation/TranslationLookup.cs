using Depmap.Agent.Connections;
using Depmap.Agent.Links;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Observation;

/// <summary>
/// Looks up a connection's other side in the node's connection tracker, once for each connection, if packets alone cannot
/// match the two sides: for masqueraded UDP, for clients with one of the node's addresses, and for connections from
/// programs on the node to a service.
/// </summary>
/// <param name="conntrack">The node's connection tracker.</param>
/// <param name="node">The node's own addresses.</param>
internal sealed class TranslationLookup(Conntrack conntrack, NodeAddresses node)
{
    /// <summary>Passes run 50 times a second, and a lookup takes some microseconds. Beyond the limit, lookups are skipped.</summary>
    private const int MaxLookupsPerPass = 100;

    private int _lookupsLeft;

    /// <summary>Opens the connection tracker once the kernel has one.</summary>
    public void OpenConntrack() => conntrack.TryOpen();

    public void BeginPass() => _lookupsLeft = MaxLookupsPerPass;

    public void LookUp(Connection connection)
    {
        if (!conntrack.IsOpen || connection.TranslationLookedUp)
            return;
        connection.TranslationLookedUp = true; // the relay uses the first report only
        if (_lookupsLeft == 0)
            return;
        PacketEnds fromPod = connection.Key.Flow.FromPod();
        if (connection is { Side: Side.Client, IsTcp: false })
        {
            _lookupsLeft--;
            if (conntrack.FindTranslated(connection.Key.Protocol, in fromPod) is { } translated && translated != fromPod)
                connection.Translated = translated;
        }
        else if (connection.Side == Side.Server && node.Contains(connection.Key.Flow.Peer))
        {
            _lookupsLeft--;
            PacketEnds toPod = fromPod.Reversed();
            if (conntrack.FindOriginal(connection.Key.Protocol, in toPod) is { } original && original != toPod)
                connection.Original = original;
        }
    }

    /// <summary>Whether the connection tracker has the TCP connection of these packets; true without a tracker.</summary>
    public bool IsOpen(PacketEnds ends) => !conntrack.IsOpen || conntrack.FindTranslated(TransportProtocol.Tcp, in ends) is not null;

    /// <summary>The ends of the client's packets on the wire, for a TCP connection; unchanged if they are not translated.</summary>
    public PacketEnds Translate(PacketEnds ends)
    {
        if (!conntrack.IsOpen || _lookupsLeft == 0)
            return ends;
        _lookupsLeft--;
        return conntrack.FindTranslated(TransportProtocol.Tcp, in ends) ?? ends;
    }
}
