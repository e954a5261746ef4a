using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of an installation's state, in output order.</summary>
internal sealed record StatusFields(
    bool Healthy,
    RelayFields Relay,
    AgentFields[] Agents,
    CertificateFields? Certificates,
    ApiUsage? Api,
    IReadOnlyList<string> Notes,
    IReadOnlyList<string> Problems);
