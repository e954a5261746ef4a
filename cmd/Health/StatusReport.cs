using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>How an installation is doing.</summary>
/// <param name="CertificatesEnd">When the first certificate ends; null where it could not be seen.</param>
/// <param name="Api">What the relay asked of the Kubernetes API; null where it did not answer, or has its names elsewhere.</param>
/// <param name="Notes">What is observed less than fully, and why, each a sentence; nothing is to be done about it.</param>
/// <param name="Problems">What is wrong, each a sentence that says what to do; empty where all is well.</param>
internal sealed record StatusReport(
    RelayState Relay,
    IReadOnlyList<AgentState> Agents,
    DateTimeOffset? CertificatesEnd,
    ApiUsage? Api,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Problems);

/// <param name="Node">Null where it runs nowhere.</param>
/// <param name="WaitsFor">Null where it is ready.</param>
internal sealed record RelayState(string? Version, string? Node, string? WaitsFor);

/// <summary>The agent of one node, as the cluster sees it.</summary>
/// <param name="WaitsFor">Null where it is ready.</param>
/// <param name="Seen">As the relay sees it; null where it has not heard of it, or was not asked.</param>
internal sealed record AgentState(string Node, string? Version, string Kernel, string? WaitsFor, AgentSeen? Seen);

/// <param name="Connected">Whether it reports to the relay now.</param>
/// <param name="Features">What its kernel can; null where an older agent did not say.</param>
/// <param name="Interfaces">Pod interfaces it observes.</param>
/// <param name="Attachments">What limits that; null where nothing came yet, or an older agent did not say.</param>
/// <param name="Lost">What it knows not to know, all kinds together.</param>
/// <param name="LastHeard">Null where nothing came yet.</param>
/// <param name="ClockSkew">The agent's clock minus the relay's; null where nothing came yet.</param>
/// <param name="FlowsPerSecond">Mean of the last 10 s.</param>
internal sealed record AgentSeen(
    string AttachMode,
    KernelFeatures? Features,
    bool Connected,
    uint Interfaces,
    Attachments? Attachments,
    ulong Lost,
    DateTimeOffset? LastHeard,
    TimeSpan? ClockSkew,
    double FlowsPerSecond);

/// <summary>What the relay asked of the Kubernetes API since it started.</summary>
/// <param name="Bytes">Of the answers' bodies.</param>
internal sealed record ApiUsage(ulong Lists, ulong Watches, ulong Bytes);
