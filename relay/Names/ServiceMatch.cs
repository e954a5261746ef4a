using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A service and the requested port.</summary>
/// <param name="Port">Null if the service does not have it.</param>
/// <param name="IsLocal">The traffic policy is <c>Local</c>: only pods on the node that translates the address are used.</param>
/// <param name="IsExternal">
/// The service does not have the port, and the address is one that its <c>externalIPs</c> or its load balancer gave it: if it is also on
/// an interface of a node, the port is the node's. kube-proxy leaves such packets alone.
/// </param>
internal readonly record struct ServiceMatch(ServiceId Service, ServicePort? Port, bool IsLocal = false, bool IsExternal = false);
