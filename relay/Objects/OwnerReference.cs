namespace Depmap.Relay.Objects;

internal readonly record struct OwnerReference(string Kind, string Name);
