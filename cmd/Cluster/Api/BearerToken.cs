using System.Net.Http.Headers;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>A token as a request header.</summary>
internal static class BearerToken
{
    /// <param name="text">The line break at the end of a file or a command's output is not part of the token.</param>
    /// <param name="name">Names the token in messages.</param>
    /// <exception cref="ApiException">It is empty, or cannot be sent.</exception>
    public static AuthenticationHeaderValue Header(string text, string name)
    {
        string token = text.Trim();
        if (token.Length == 0)
            throw new ApiException($"{name} is empty");
        return token.All(character => character is > ' ' and <= '~')
            ? new AuthenticationHeaderValue("Bearer", token)
            : throw new ApiException($"{name} contains a line break, a space or another character that no token has");
    }
}
