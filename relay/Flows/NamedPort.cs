using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>A port of a pod's container that has a name.</summary>
internal readonly record struct NamedPort(string Name, Protocol Protocol, ushort Port);
