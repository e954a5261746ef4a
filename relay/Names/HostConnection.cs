using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A TCP connection that a pod on its node's network opened.</summary>
/// <param name="PodUid">As the pod's cgroup has it.</param>
/// <param name="ClientPort">On the wire: after translation.</param>
/// <param name="Server">On the wire, as far as the node's connection tracker knows.</param>
/// <param name="SocketPort">The client's, before translation.</param>
/// <param name="Asked">Before translation.</param>
/// <param name="Time">When it was answered, Unix nanoseconds by the agent's clock.</param>
internal readonly record struct HostConnection(string PodUid, ushort ClientPort, AddressPort Server, ushort SocketPort, AddressPort Asked, long Time);
