using Depmap.Agent.Records;

namespace Depmap.Agent.Connections;

/// <summary>
/// Identifies a connection at one interface. For a drop in the node's network namespace the interface is 0 and the client
/// takes the pod's place.
/// </summary>
internal readonly record struct ConnectionKey(FlowKey Flow, TransportProtocol Protocol)
{
    public override int GetHashCode()
    {
        ulong hash = Flow.Pod.Second * 0x9e3779b97f4a7c15;
        hash ^= Flow.Peer.Second * 0xc2b2ae3d27d4eb4f;
        hash ^= Flow.Pod.First * 0x165667b19e3779f9;
        hash ^= Flow.Peer.First * 0xd6e8feb86659fd93;
        hash ^= ((ulong)Flow.PodPort.Raw << 48 | (ulong)Flow.PeerPort.Raw << 32 | (uint)Flow.Interface) * 0xa0761d6478bd642f;
        return (int)(hash >> 32) ^ (int)hash ^ (int)Protocol;
    }
}
