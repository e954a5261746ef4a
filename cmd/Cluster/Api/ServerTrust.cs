using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Which certificate an API server must show.</summary>
/// <param name="Roots">Who may have signed it, also those that are no roots themselves; null for those the system trusts.</param>
/// <param name="ServerName">The name it must bear instead of the address's host.</param>
/// <param name="Anyone">No check at all.</param>
internal sealed record ServerTrust(X509Certificate2Collection? Roots, string? ServerName, bool Anyone)
{
    public static ServerTrust OfTheSystem { get; } = new(null, null, false);
}
