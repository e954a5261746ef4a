using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Chooses the credentials of a user of the kubeconfig.</summary>
/// <param name="stdinIsTerminal">An exec plugin can prompt the user.</param>
internal sealed class UserCredentials(ProgramPath programs, bool stdinIsTerminal, TimeProvider timeProvider)
{
    /// <param name="cluster">For an exec plugin.</param>
    /// <returns>Null if nothing but a certificate may identify the user.</returns>
    // In client-go's order: the exec plugin only if nothing else identifies the user.
    public ServiceClientCredentials? Read(KubeconfigEntry user, string name, KubeconfigEntry cluster)
    {
        if (user.Path("tokenFile") is { } file)
            return new TokenCredentials(new TokenFile(file));
        if (user.Text("token") is { } token)
            return Token(token, $"the token of user \"{name}\"");
        if (user.Text("username") is { } login)
            return new BasicAuthenticationCredentials { UserName = login, Password = user.Text("password") ?? "" };
        if (user.Fields["exec"] is JsonObject exec)
        {
            ExecSettings settings = ExecSettings.Read(exec, user, name, cluster, programs, stdinIsTerminal);
            return new ExecCredentials(new ExecPlugin(settings, programs), timeProvider);
        }

        return user.Fields["auth-provider"] is JsonObject provider
            ? Token(new AuthProvider(provider, name).IdToken(timeProvider.GetUtcNow()), $"the id-token of user \"{name}\"")
            : null;
    }

    /// <param name="source">Names the token in messages.</param>
    public static TokenCredentials Token(string token, string source) => new(BearerToken.Header(token, source).Parameter!);
}
