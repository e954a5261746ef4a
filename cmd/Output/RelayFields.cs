namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of the relay.</summary>
internal sealed record RelayFields(bool Ready, string? Node, string? Version, string? WaitsFor);
