using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Objects;

/// <summary>A port of the node's address that a pod serves.</summary>
/// <param name="Address">The only address of the node that has it; null for all addresses.</param>
internal readonly record struct HostPort(Protocol Protocol, ushort Port, Address? Address = null);
