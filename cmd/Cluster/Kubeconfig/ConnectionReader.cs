using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Makes a connection from the kubeconfig and the cluster options of the command line.</summary>
/// <param name="variable">Returns the value of an environment variable.</param>
/// <param name="stdinIsTerminal">An exec plugin can prompt the user.</param>
internal sealed class ConnectionReader(Func<string, string?> variable, bool stdinIsTerminal, TimeProvider timeProvider)
{
    /// <exception cref="ApiException">There is no kubeconfig, or it is incomplete.</exception>
    public Connection Read(ClusterChoice choice)
    {
        KubeconfigFiles files = KubeconfigFiles.Choose(choice.Kubeconfig, variable);
        MergedKubeconfig config = files.Read();
        bool mayBeInCluster = config.IsEmpty && choice.Context is null && choice.Kubeconfig is null;
        Connection connection = (mayBeInCluster ? InCluster.Read(variable) : null) ?? Read(config, choice, files);
        return choice.As is null && choice.AsUid is null && choice.AsGroups is null or []
            ? connection
            : connection with { Impersonation = ImpersonationOf(choice) };
    }

    private Connection Read(MergedKubeconfig config, ClusterChoice choice, KubeconfigFiles files)
    {
        if (config.IsEmpty)
        {
            throw new ApiException(files.Paths.Count == 0
                ? "no kubeconfig found. Try: --kubeconfig FILE, or set KUBECONFIG"
                : $"no cluster is defined in {string.Join(" or ", files.Paths)}. Try: --kubeconfig FILE, or set KUBECONFIG");
        }

        string name = choice.Context ?? config.CurrentContext
            ?? throw new ApiException($"the kubeconfig has no current context. Try: --context NAME. Contexts: {Names(config.Contexts)}");
        KubeconfigEntry context = Find(config.Contexts, name, "context", null);
        string clusterName = choice.Cluster ?? context.Text("cluster")
            ?? throw new ApiException($"context \"{name}\" has no cluster. Try: --cluster NAME. Clusters: {Names(config.Clusters)}");
        KubeconfigEntry cluster = Find(config.Clusters, clusterName, "cluster", choice.Cluster is null ? name : null);
        string userName = choice.User ?? context.Text("user") ?? "";
        KubeconfigEntry user = userName.Length == 0
            ? new KubeconfigEntry([], cluster.File)
            : Find(config.Users, userName, "user", choice.User is null ? name : null);

        byte[]? authority = cluster.Data("certificate-authority");
        byte[]? certificate = user.Data("client-certificate"), key = user.Data("client-key");
        if (certificate is not null && key is null)
            throw new ApiException($"user \"{userName}\" in {user.File} has a client-certificate but no client-key");
        bool skipVerify = cluster.Flag("insecure-skip-tls-verify");
        return new Connection(
            Server(cluster, clusterName, isTls: authority is not null || certificate is not null || skipVerify),
            name,
            context.Text("namespace") ?? "default",
            userName)
        {
            Trust = new ServerTrust(
                authority is null || skipVerify ? null : CertificateText.ReadAuthorities(authority, cluster.File),
                cluster.Text("tls-server-name"),
                skipVerify),
            ClientCertificate = certificate is null ? null : CertificateText.ReadClient(certificate, key!, user.File),
            Credentials = Credentials(user, userName, cluster),
            Proxy = Proxy(cluster, clusterName),
            Impersonation = ImpersonationOf(user),
        };
    }

    private static Uri Server(KubeconfigEntry cluster, string name, bool isTls)
    {
        string server = cluster.Text("server") ?? throw new ApiException($"cluster \"{name}\" in {cluster.File} has no server");
        string address = server.Contains("://", StringComparison.Ordinal) ? server : $"{(isTls ? "https" : "http")}://{server}";
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http"
            ? uri
            : throw new ApiException($"the server of cluster \"{name}\" in {cluster.File} is not a URL: {server}");
    }

    private static Uri? Proxy(KubeconfigEntry cluster, string name)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "socks5"
            ? uri
            : throw new ApiException($"the proxy-url of cluster \"{name}\" in {cluster.File} is not the URL of a proxy: {text}");
    }

    // In client-go's order: the exec plugin only if nothing else identifies the user.
    private ServiceClientCredentials? Credentials(KubeconfigEntry user, string name, KubeconfigEntry cluster)
    {
        if (user.Path("tokenFile") is { } file)
            return new TokenCredentials(new TokenFile(file));
        if (user.Text("token") is { } token)
            return new TokenCredentials(token);
        if (user.Text("username") is { } login)
            return new BasicAuthenticationCredentials { UserName = login, Password = user.Text("password") ?? "" };
        if (user.Fields["exec"] is JsonObject exec)
            return new ExecCredentials(new ExecPlugin(ExecSettings.Read(exec, user, name, cluster, stdinIsTerminal)), timeProvider);
        return user.Fields["auth-provider"] is JsonObject provider
            ? throw new ApiException(
                $"user \"{name}\" has the auth-provider \"{provider["name"]}\", which is not supported. Use an exec plugin instead")
            : null;
    }

    private static Impersonation ImpersonationOf(KubeconfigEntry user) => user.Text("as") is not { } name
        ? Impersonation.None
        : new Impersonation(
            name,
            user.Text("as-uid"),
            [.. user.Texts("as-groups")],
            [
                .. (user.Fields["as-user-extra"] as JsonObject ?? []).SelectMany(
                    pair => (pair.Value as JsonArray ?? []).Select(value => KeyValuePair.Create(pair.Key, $"{value}"))),
            ]);

    private static Impersonation ImpersonationOf(ClusterChoice choice) => choice.As is { } name
        ? new Impersonation(name, choice.AsUid, choice.AsGroups ?? [], [])
        : throw new ApiException("--as-group and --as-uid need --as USER");

    private static KubeconfigEntry Find(
        IReadOnlyDictionary<string, KubeconfigEntry> entries, string name, string kind, string? context) =>
        entries.TryGetValue(name, out KubeconfigEntry? found)
            ? found
            : throw new ApiException(
                $"the kubeconfig has no {kind} \"{name}\"{(context is null ? "" : $", which context \"{context}\" uses")}. "
                + $"It has: {Names(entries)}");

    private static string Names(IReadOnlyDictionary<string, KubeconfigEntry> entries) =>
        entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal));
}
