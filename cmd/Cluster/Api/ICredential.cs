using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Says who asks.</summary>
internal interface ICredential
{
    /// <exception cref="ApiException">There is none to be had.</exception>
    ValueTask<Identity> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server refused what <see cref="GetAsync"/> gave.</summary>
    /// <returns>Whether another attempt may have better luck.</returns>
    bool Refuse(Identity refused);
}

/// <param name="Header">Null where a certificate or nothing says it.</param>
/// <param name="Certificate">Its own first; null for the kubeconfig's.</param>
internal sealed record Identity(AuthenticationHeaderValue? Header, X509Certificate2Collection? Certificate = null);
