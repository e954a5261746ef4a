using System.Net.Http.Headers;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// A token in a file that another program renews, such as the kubelet. KubernetesClient's TokenFileAuth uses a token for a
/// minute even after the API server rejected it.
/// </summary>
internal sealed class TokenFile(string path) : ITokenProvider
{
    // Read for each request: reading 1 kB costs less than a request.
    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        try
        {
            return BearerToken.Header(await File.ReadAllTextAsync(path, cancellationToken), $"the token file {path}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"cannot read the token file {path}: {FileFailure.Describe(path, failure)}", failure);
        }
    }
}
