namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of the versions.</summary>
internal sealed record VersionFields(string ClientVersion, string? RelayVersion);
