using System.Runtime.InteropServices;

namespace Depmap.Agent.Records;

/// <summary>The two ends of a flow at one interface; the pod behind the interface comes first.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FlowKey(Address Pod, Address Peer, Port PodPort, Port PeerPort, int Interface)
{
    /// <summary>The ends of the packets that the pod sends.</summary>
    public PacketEnds FromPod() => new(Pod, PodPort, Peer, PeerPort);
}
