using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>A DNS response to a pod.</summary>
/// <param name="Time">Unix nanoseconds, by the agent's clock.</param>
internal readonly record struct Resolution(Address Client, string Name, IReadOnlyList<Address> Addresses, long Time);
