using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A service, and the port of it that was asked for; no port where the service lacks that one.</summary>
internal readonly record struct ServiceMatch(ServiceId Service, ServicePort? Port);
