namespace Depmap.Relay.Certificates;

/// <summary>The certificates that agents and relay are to have.</summary>
/// <param name="Relay">The relay's own, which are nowhere else.</param>
/// <param name="Agents">Those in the agents' Secret; null if it cannot be read.</param>
internal sealed record CertificatePlan(Authorities Authorities, IssuedFiles Relay, IssuedFiles? Agents)
{
    /// <param name="authorities">The Secret of the authorities.</param>
    /// <param name="agents">The agents' Secret; null if it cannot be read.</param>
    /// <param name="relay">The relay's certificate before.</param>
    /// <param name="relayName">The host name by which agents connect to the relay.</param>
    /// <param name="overlap">How long agents trust a new authority before it signs; a day by default.</param>
    public static CertificatePlan Make(
        AuthorityFiles authorities, IssuedFiles? agents, IssuedFiles relay, string relayName, DateTimeOffset now, TimeSpan? overlap = null)
    {
        Authorities plan = Authorities.Plan(authorities, agents, now, overlap ?? Authorities.Overlap);
        return new CertificatePlan(
            plan,
            relay.Renew(plan, relayName, CertificateUse.Server, now),
            agents?.Renew(plan, "depmap-agent", CertificateUse.Client, now));
    }
}
