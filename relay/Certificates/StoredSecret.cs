namespace Depmap.Relay.Certificates;

/// <summary>What a Secret holds.</summary>
/// <param name="Version">Its resourceVersion, which changes with the Secret.</param>
/// <param name="Files">The text of each file; empty for a Secret without data.</param>
internal sealed record StoredSecret(string Version, IReadOnlyDictionary<string, string> Files);
