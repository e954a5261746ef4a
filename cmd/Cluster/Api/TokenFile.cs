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
            string token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return token.Length > 0
                ? new AuthenticationHeaderValue("Bearer", token)
                : throw new ApiException($"the token file {path} is empty");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"cannot read the token file: {failure.Message}", failure);
        }
    }
}
