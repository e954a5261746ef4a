using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Credentials that can be renewed after the API server rejects them, and that may include a client certificate.</summary>
internal abstract class RenewableCredentials : ServiceClientCredentials
{
    /// <summary>The current identity, obtained first if there is none or it has expired.</summary>
    /// <exception cref="ApiException">No identity can be obtained.</exception>
    public abstract ValueTask<Identity> GetAsync(CancellationToken cancellationToken);

    /// <summary>Discards an identity that the API server rejected.</summary>
    public abstract void Invalidate(Identity rejected);

    public override async Task ProcessHttpRequestAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        request.Headers.Authorization = (await GetAsync(cancellationToken)).Header;
}

/// <param name="Header">Null if the certificate alone identifies the user.</param>
/// <param name="Certificate">The client's own certificate first, then its intermediates; null to use the kubeconfig's.</param>
internal sealed record Identity(AuthenticationHeaderValue? Header, X509Certificate2Collection? Certificate = null);
