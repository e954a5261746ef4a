using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of an agent.</summary>
internal sealed record AgentFields(
    string Node,
    bool Ready,
    string? Version,
    string Kernel,
    string? AttachMode,
    KernelFeatureFields? KernelFeatures,
    uint? Interfaces,
    AttachmentFields? Attachments,
    bool? Connected,
    ulong? Lost,
    string? LastHeard,
    double? ClockSkewMs,
    double? FlowsPerSecond,
    ulong? InvalidReports,
    string? WaitsFor)
{
    public static AgentFields Of(AgentState agent) => new(
        agent.Node,
        agent.NotReadyReason is null,
        agent.Version,
        agent.Kernel,
        agent.Report?.AttachMode,
        agent.Report?.Features is { } features ? KernelFeatureFields.Of(features) : null,
        agent.Report?.Interfaces,
        agent.Report?.Attachments is { } attachments ? AttachmentFields.Of(attachments) : null,
        agent.Report?.Connected,
        agent.Report?.Lost,
        StatusJson.Time(agent.Report?.LastHeard),
        agent.Report?.ClockSkew is { } skew ? Math.Round(skew.TotalMilliseconds, 1) : null,
        agent.Report?.FlowsPerSecond,
        agent.Report?.InvalidReports is > 0 and var invalid ? invalid : null,
        agent.NotReadyReason);
}
