using System.Net.Http.Headers;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>A token that somebody else renews in a file, as the kubelet does in pods.</summary>
internal sealed class TokenFile(string path) : ICredential
{
    // Read for each request: a file of 1 kB costs less than a request, and is never out of date.
    public async ValueTask<Identity> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            string token = (await File.ReadAllTextAsync(path, cancellationToken)).Trim();
            return token.Length > 0
                ? new Identity(new AuthenticationHeaderValue("Bearer", token))
                : throw new ApiException($"the token file {path} is empty");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ApiException($"cannot read the token file: {failure.Message}", failure);
        }
    }

    public bool Refuse(Identity refused) => false;
}
