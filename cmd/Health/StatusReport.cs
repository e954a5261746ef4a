namespace Depmap.Plugin.Health;

/// <summary>The state of an installation.</summary>
/// <param name="Certificates">Null if the relay did not respond, or uses none.</param>
/// <param name="Api">The relay's requests to the Kubernetes API; null if the relay did not respond or does not use the API.</param>
/// <param name="Notes">What is not observed, and why. The user need not do anything about it.</param>
/// <param name="Errors">What is wrong, and what to do.</param>
internal sealed record StatusReport(
    RelayState Relay,
    IReadOnlyList<AgentState> Agents,
    CertificateReport? Certificates,
    ApiUsage? Api,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Errors);
