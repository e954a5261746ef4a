namespace Depmap.Plugin.Health;

/// <summary>The relay's pod.</summary>
/// <param name="Node">Null if it is not scheduled.</param>
/// <param name="NotReadyReason">Null if it is ready.</param>
internal sealed record RelayState(string? Version, string? Node, string? NotReadyReason);
