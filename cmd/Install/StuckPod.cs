namespace Depmap.Plugin.Install;

/// <summary>A pod that cannot be deleted before its node is back.</summary>
internal sealed record StuckPod(string Name, string Node);
