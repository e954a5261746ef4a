using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A service and the requested port.</summary>
/// <param name="Port">Null if the service does not have it.</param>
/// <param name="IsLocal">The traffic policy is <c>Local</c>: only pods on the node that translates the address are used.</param>
internal readonly record struct ServiceMatch(ServiceId Service, ServicePort? Port, bool IsLocal = false);
