namespace Depmap.Relay.Flows;

/// <summary>Identifies a Service.</summary>
internal sealed record ServiceId(string Namespace, string Name);
