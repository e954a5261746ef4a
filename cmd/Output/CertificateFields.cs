using Depmap.Plugin.Health;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of the certificates of agents and relay.</summary>
internal sealed record CertificateFields(string? RelayEnd, string? AgentsEnd, string? AuthorityEnd, bool RenewedByRelay)
{
    public static CertificateFields? Of(CertificateReport? report) => report is null ? null : new CertificateFields(
        StatusJson.Time(report.Relay), StatusJson.Time(report.Agents), StatusJson.Time(report.Authority), report.RenewedByRelay);
}
