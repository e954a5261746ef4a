using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>A namespace.</summary>
internal sealed record NamespaceObject(string Name, LabelSet Labels);
