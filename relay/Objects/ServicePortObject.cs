using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>A port of a Service or EndpointSlice.</summary>
/// <param name="NodePort">The port on every node; 0 if there is none.</param>
internal readonly record struct ServicePortObject(string Name, Protocol Protocol, ushort Port, ushort NodePort = 0);
