using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>How to reach an API server, and as which user.</summary>
/// <param name="Server">With the path before <c>/api</c>, which some proxies add.</param>
/// <param name="Context">Empty inside a cluster.</param>
/// <param name="User">The user's name in the kubeconfig; for messages.</param>
internal sealed record Connection(Uri Server, string Context, string Namespace, string User)
{
    public ServerTrust Trust { get; init; } = ServerTrust.SystemAuthorities;

    /// <summary>The client's own certificate first, then its intermediates.</summary>
    public X509Certificate2Collection? ClientCertificate { get; init; }

    /// <summary>Null if only a certificate, or nothing, identifies the user.</summary>
    public ServiceClientCredentials? Credentials { get; init; }

    /// <summary>The kubeconfig's proxy; null to use the environment's.</summary>
    public ProxyAddress? Proxy { get; init; }

    public Impersonation Impersonation { get; init; } = Impersonation.None;
}
