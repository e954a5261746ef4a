namespace Depmap.Relay.Agents;

/// <summary>Identifies an agent process.</summary>
/// <param name="Node">The node that it runs on.</param>
/// <param name="Epoch">Greater for each restart of the agent on that node.</param>
internal readonly record struct AgentKey(string Node, ulong Epoch);
