namespace Depmap.Plugin.Install;

/// <summary>The values below <c>certificates</c>.</summary>
/// <param name="RelaySecret">An existing Secret in the relay's namespace; null for none.</param>
/// <param name="AgentSecret">An existing Secret in the agents' namespace; null for none.</param>
/// <param name="Issuer">An issuer of cert-manager, as KIND/NAME; null for none.</param>
internal sealed record CertificateValues(string? RelaySecret = null, string? AgentSecret = null, string? Issuer = null)
{
    public CertificateSource Source => RelaySecret is not null ? CertificateSource.User
        : Issuer is not null ? CertificateSource.CertManager
        : CertificateSource.Relay;

    /// <summary>Why these values cannot be used together; null if they can.</summary>
    public string? Error => (RelaySecret is null) != (AgentSecret is null)
        ? "certificates.existingSecrets needs both relay and agent"
        : RelaySecret is not null && Issuer is not null
            ? "certificates.existingSecrets and certificates.certManager.issuer cannot be used together"
            : null;
}
