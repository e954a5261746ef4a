namespace Depmap.Relay.Flows;

/// <summary>The names that a client resolved to an external address.</summary>
/// <param name="Name">The name of the last DNS response before the flow.</param>
/// <param name="All">All names that resolved to this address, most recent first.</param>
internal sealed record ResolvedName(string Name, IReadOnlyList<string> All);
