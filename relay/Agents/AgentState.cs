using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>One start of an agent, as readers are told of it.</summary>
/// <param name="Attachments">Of the last batch; null before the first, and from older agents.</param>
/// <param name="LastHeard">Unix nanoseconds.</param>
internal sealed record AgentState(
    Hello Hello, bool Connected, LostTotals Lost, uint Interfaces, Attachments? Attachments, long LastHeard, ClockSkew Skew = default);
