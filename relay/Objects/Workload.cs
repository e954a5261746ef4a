namespace Depmap.Relay.Objects;

/// <summary>A pod's top-level controller.</summary>
/// <param name="Name"><c>KIND/NAME</c>.</param>
/// <param name="Controller">The pod's own controller, the first link to it; null if it has none.</param>
/// <param name="Links">The number of owner references that lead to it.</param>
internal sealed record Workload(string Name, OwnerReference? Controller = null, int Links = 0);
