using System.Runtime.InteropServices;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>The counters of the flows of one edge between two nodes.</summary>
internal sealed class NodeTraffic(NodePair nodes)
{
    private readonly Dictionary<(DropReason Reason, string Detail), ulong> _drops = [];
    private ulong _forwarded, _dropped, _toServer, _toClient, _handshakes, _handshakeNs;

    public NodePair Nodes { get; } = nodes;

    public bool IsEmpty => _forwarded + _dropped == 0;

    public void Add(EdgeShare share)
    {
        if (share.Dropped)
        {
            _dropped++;
            CollectionsMarshal.GetValueRefOrAddDefault(_drops, (share.Reason, share.Detail), out _)++;
        }
        else
        {
            _forwarded++;
        }

        _toServer += share.BytesToServer;
        _toClient += share.BytesToClient;
        _handshakes += share.HandshakeNs > 0 ? 1UL : 0;
        _handshakeNs += share.HandshakeNs;
    }

    public void Remove(EdgeShare share)
    {
        if (share.Dropped)
        {
            _dropped--;
            (DropReason, string) reason = (share.Reason, share.Detail);
            if (--_drops[reason] == 0)
                _drops.Remove(reason);
        }
        else
        {
            _forwarded--;
        }

        _toServer -= share.BytesToServer;
        _toClient -= share.BytesToClient;
        _handshakes -= share.HandshakeNs > 0 ? 1UL : 0;
        _handshakeNs -= share.HandshakeNs;
    }

    public V1.NodeTraffic ToMessage()
    {
        var message = new V1.NodeTraffic
        {
            SourceNode = Nodes.SourceNode,
            SourceZone = Nodes.SourceZone,
            DestinationNode = Nodes.DestinationNode,
            DestinationZone = Nodes.DestinationZone,
            Forwarded = _forwarded,
            Dropped = _dropped,
            BytesToServer = _toServer,
            BytesToClient = _toClient,
            Handshakes = _handshakes,
            HandshakeMeanNs = _handshakes > 0 ? _handshakeNs / _handshakes : 0,
        };
        foreach (((DropReason reason, string detail), ulong count) in _drops.OrderByDescending(d => d.Value).ThenBy(d => d.Key))
            message.Drops.Add(new DropCount { Reason = reason, Detail = detail, Count = count });
        return message;
    }
}
