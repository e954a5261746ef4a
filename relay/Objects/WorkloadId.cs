namespace Depmap.Relay.Objects;

internal readonly record struct WorkloadId(string Kind, string Namespace, string Name);
