using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Which server certificates to accept.</summary>
/// <param name="Authorities">Trusted certificates, roots or not; null for the system's.</param>
/// <param name="ServerName">The name to verify instead of the address's host (<c>tls-server-name</c>).</param>
/// <param name="SkipVerify">Accept any certificate (<c>insecure-skip-tls-verify</c>).</param>
internal sealed record ServerTrust(X509Certificate2Collection? Authorities, string? ServerName, bool SkipVerify)
{
    /// <summary>The authorities that the system trusts.</summary>
    public static ServerTrust SystemAuthorities { get; } = new(null, null, false);
}
