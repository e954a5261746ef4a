using Depmap.Agent.Connections;
using Depmap.Agent.Links;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Observation;

/// <summary>
/// Finds out what a translated connection is at its other side, where nothing in the packets ties the two together: a
/// masqueraded UDP conversation, whatever a node's own address stands for, and what a program of the node asked of a
/// service. Asked once a connection.
/// </summary>
/// <param name="conntrack">The node's.</param>
/// <param name="node">The node's own addresses.</param>
internal sealed class Translations(Conntrack conntrack, NodeAddresses node)
{
    /// <summary>Questions in one pass, 50 times a second: what is beyond is told without. Each takes some microseconds.</summary>
    private const int MostAtOnce = 100;

    private int _left;

    /// <summary>Begins to ask once the kernel tracks connections.</summary>
    public void FollowConntrack() => conntrack.Follow();

    public void BeginPass() => _left = MostAtOnce;

    public void Ask(Connection connection)
    {
        if (!conntrack.IsOpen || connection.TranslationAsked)
            return;
        connection.TranslationAsked = true; // the relay goes by the first that it is told
        if (_left == 0)
            return;
        PacketEnds fromPod = new(connection.Key.Flow.Pod, connection.Key.Flow.PodPort, connection.Key.Flow.Peer, connection.Key.Flow.PeerPort);
        if (connection is { Side: Side.Client, IsTcp: false })
        {
            _left--;
            if (conntrack.After(connection.Key.Protocol, in fromPod) is { } after && after != fromPod)
                connection.Translated = after;
        }
        else if (connection.Side == Side.Server && node.Contains(connection.Key.Flow.Peer))
        {
            _left--;
            PacketEnds toPod = fromPod.Reversed();
            if (conntrack.Before(connection.Key.Protocol, in toPod) is { } before && before != toPod)
                connection.Original = before;
        }
    }

    /// <summary>What the client's packets of a TCP connection are on the wire; as they are where nothing translates them.</summary>
    public PacketEnds After(PacketEnds before)
    {
        if (!conntrack.IsOpen || _left == 0)
            return before;
        _left--;
        return conntrack.After(TransportProtocol.Tcp, in before) ?? before;
    }
}
