using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>The agent of one node, from the relay's point of view.</summary>
/// <param name="Connected">Whether it is connected to the relay now.</param>
/// <param name="Features">What its kernel supports; null for older agents.</param>
/// <param name="Interfaces">The number of pod interfaces that it observes.</param>
/// <param name="Attachments">What limits the observation of interfaces; null for older agents, or before the first report.</param>
/// <param name="Lost">Known data loss, all kinds together.</param>
/// <param name="LastHeard">Null before the first report.</param>
/// <param name="ClockSkew">The agent's clock minus the relay's; null before the first report.</param>
/// <param name="FlowsPerSecond">The mean of the last 10 s.</param>
/// <param name="InvalidReports">Reports that the relay ignored because they cannot be true.</param>
internal sealed record AgentReport(
    string AttachMode,
    KernelFeatures? Features,
    bool Connected,
    uint Interfaces,
    Attachments? Attachments,
    ulong Lost,
    DateTimeOffset? LastHeard,
    TimeSpan? ClockSkew,
    double FlowsPerSecond,
    ulong InvalidReports = 0);
