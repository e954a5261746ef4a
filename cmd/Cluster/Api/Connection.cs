using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>How an API server is reached, and as whom.</summary>
/// <param name="Server">With the path before <c>/api</c>, which some proxies have.</param>
/// <param name="Context">Empty inside a cluster.</param>
/// <param name="User">The kubeconfig's name for who asks; for messages.</param>
/// <param name="Proxy">The kubeconfig's; null leaves it to the environment.</param>
internal sealed record Connection(Uri Server, string Context, string Namespace, string User)
{
    public ServerTrust Trust { get; init; } = ServerTrust.OfTheSystem;

    /// <summary>The first is the client's own; the others are those between it and the root.</summary>
    public X509Certificate2Collection? ClientCertificate { get; init; }

    public ICredential Credential { get; init; } = FixedCredential.None;

    public Uri? Proxy { get; init; }

    public Impersonation Impersonation { get; init; } = Impersonation.Nobody;
}
