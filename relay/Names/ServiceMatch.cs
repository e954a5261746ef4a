using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A service and the requested port; the port is null if the service does not have it.</summary>
internal readonly record struct ServiceMatch(ServiceId Service, ServicePort? Port);
