using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A TCP connection opened by a host-network pod.</summary>
/// <param name="PodUid">As in the name of the pod's cgroup.</param>
/// <param name="ClientPort">After translation.</param>
/// <param name="Server">After translation, as far as the node's connection tracker knows.</param>
/// <param name="OriginalClientPort">The client's port before translation.</param>
/// <param name="OriginalServer">The server before translation.</param>
/// <param name="Time">When the connection was established, Unix nanoseconds by the agent's clock.</param>
internal readonly record struct HostConnection(
    string PodUid, ushort ClientPort, AddressPort Server, ushort OriginalClientPort, AddressPort OriginalServer, long Time);
