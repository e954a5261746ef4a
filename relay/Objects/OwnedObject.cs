namespace Depmap.Relay.Objects;

/// <summary>An object that may own pods, and what stands above it.</summary>
internal sealed record OwnedObject(WorkloadId Id, OwnerReference? Controller);
