namespace Depmap.Agent.Links;

/// <summary>A pod's interface came under observation, or left it.</summary>
/// <param name="Index">Its number in the node's network namespace.</param>
/// <param name="Attached">False when it is gone, was detached, or is no pod's any more.</param>
internal readonly record struct InterfaceChange(int Index, bool Attached);
