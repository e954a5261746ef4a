namespace Depmap.Plugin.Install;

/// <summary>Receives each change of what a rollout waits for.</summary>
/// <param name="subject">The component and its node, such as <c>agent on n1</c>.</param>
/// <param name="reason">Why it is not ready; null if it is.</param>
internal delegate void RolloutReport(string subject, string? reason);
