namespace Depmap.Plugin.Health;

/// <summary>The agent of one node, from the cluster's point of view.</summary>
/// <param name="Pod">Its pod, as arguments for <c>kubectl logs</c>.</param>
/// <param name="NotReadyReason">Null if it is ready.</param>
/// <param name="Report">What the relay knows about it; null if the relay did not respond or does not know it.</param>
internal sealed record AgentState(string Node, string Pod, string? Version, string Kernel, string? NotReadyReason, AgentReport? Report);
