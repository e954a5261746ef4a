namespace Depmap.Agent.Links;

/// <summary>A pod interface was attached or detached.</summary>
/// <param name="Index">Its index in the node's network namespace.</param>
/// <param name="Attached">False if it was removed or detached, or is no longer a pod interface.</param>
/// <param name="Appeared">Since when it leads to a pod, CLOCK_MONOTONIC in ns; 0 if it did before the agent looked.</param>
internal readonly record struct InterfaceChange(int Index, bool Attached, long Appeared = 0);
