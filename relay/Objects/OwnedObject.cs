namespace Depmap.Relay.Objects;

/// <summary>An object that may own pods, with its controller.</summary>
internal sealed record OwnedObject(WorkloadId Id, OwnerReference? Controller);
