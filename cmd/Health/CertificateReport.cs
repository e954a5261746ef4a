using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Health;

/// <summary>When the certificates of agents and relay expire; null where it is not known.</summary>
/// <param name="RenewedByRelay">False if cert-manager or the user renews them.</param>
/// <param name="Problem">Why the relay cannot renew them; null if it can.</param>
/// <param name="ObjectMissing">The reason is that an object is missing, which install creates again.</param>
internal sealed record CertificateReport(
    DateTimeOffset? Relay,
    DateTimeOffset? Agents,
    DateTimeOffset? Authority,
    bool RenewedByRelay,
    string? Problem,
    bool ObjectMissing)
{
    public static CertificateReport? Of(CertificateStatus? status) => status is null ? null : new CertificateReport(
        Time(status.RelayEndUnixS),
        Time(status.AgentsEndUnixS),
        Time(status.AuthorityEndUnixS),
        status.RenewedByRelay,
        status.Problem.Length > 0 ? status.Problem : null,
        status.ObjectMissing);

    public IEnumerable<string> Errors(DateTimeOffset now, ProgramName program)
    {
        (string Name, DateTimeOffset? End)[] all =
            [("relay's certificate", Relay), ("agents' certificate", Agents), ("certificate authority", Authority)];
        foreach ((string name, DateTimeOffset? end) in all)
        {
            if (end <= now)
            {
                string action = RenewedByRelay ? "" : ". Try: renew it in its Secret";
                yield return $"the {name} expired on {end:yyyy-MM-dd}, so agents cannot connect to the relay{action}";
            }
        }

        if (Problem is not null)
            yield return $"the relay cannot renew the certificates: {Problem}{(ObjectMissing ? $". Try: {program} install" : "")}";
    }

    private static DateTimeOffset? Time(long seconds) => seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
}
