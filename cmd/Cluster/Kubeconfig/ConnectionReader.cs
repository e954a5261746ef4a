using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Makes a connection from the kubeconfig and the cluster options of the command line.</summary>
/// <param name="variable">Returns the value of an environment variable.</param>
/// <param name="stdinIsTerminal">An exec plugin can prompt the user.</param>
internal sealed class ConnectionReader(Func<string, string?> variable, bool stdinIsTerminal, TimeProvider timeProvider)
{
    private readonly UserCredentials _credentials =
        new(new ProgramPath(variable, OperatingSystem.IsWindows()), stdinIsTerminal, timeProvider);

    /// <exception cref="ApiException">There is no kubeconfig, or it is incomplete.</exception>
    public Connection Read(ClusterChoice choice)
    {
        KubeconfigFiles files = KubeconfigFiles.Choose(choice.Kubeconfig, variable);
        MergedKubeconfig config = files.Read();
        bool mayBeInCluster = config.IsEmpty && choice.Context is null && choice.Kubeconfig is null;
        Connection connection = (mayBeInCluster ? ReadInCluster(choice) : null) ?? Read(config, choice, files);
        return choice.As is null && choice.AsUid is null && choice.AsGroups is null or []
            ? connection
            : connection with { Impersonation = ImpersonationOf(choice) };
    }

    private Connection? ReadInCluster(ClusterChoice choice)
    {
        Connection? connection = InCluster.Read(variable);
        return connection is null || choice.Token is null
            ? connection
            : connection with { Credentials = UserCredentials.Token(choice.Token, "--token") };
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

        cluster = FlagOverrides.OfCluster(cluster, choice);
        user = FlagOverrides.OfUser(user, choice);
        byte[]? authority = cluster.Data("certificate-authority");
        byte[]? certificate = user.Data("client-certificate"), key = user.Data("client-key");
        if (certificate is not null && key is null)
        {
            throw new ApiException(choice.ClientCertificate is null
                ? $"user \"{userName}\" in {user.File} has a client-certificate but no client-key"
                : "--client-certificate needs --client-key FILE");
        }

        bool skipVerify = cluster.Flag("insecure-skip-tls-verify");
        return new Connection(
            Server(cluster, clusterName, isTls: authority is not null || certificate is not null || skipVerify),
            name,
            context.Text("namespace") ?? "default",
            userName)
        {
            Trust = new ServerTrust(
                authority is null || skipVerify
                    ? null
                    : CertificateText.ReadAuthorities(authority, choice.CertificateAuthority ?? cluster.File),
                cluster.Text("tls-server-name"),
                skipVerify),
            ClientCertificate = certificate is null
                ? null
                : CertificateText.ReadClient(certificate, key!, choice.ClientCertificate ?? user.File),
            Credentials = _credentials.Read(user, userName, cluster),
            Proxy = Proxy(cluster, clusterName),
            Impersonation = ImpersonationOf(user),
        };
    }

    private static Uri Server(KubeconfigEntry cluster, string name, bool isTls)
    {
        string server = cluster.Text("server") ?? throw new ApiException($"cluster \"{name}\" in {cluster.File} has no server");
        string address = server.Contains("://", StringComparison.Ordinal) ? server : $"{(isTls ? "https" : "http")}://{server}";
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("https" or "http"))
        {
            throw new ApiException(
                $"the server of cluster \"{name}\" in {cluster.File} is not a URL: {ProxyAddress.Redact(server)}");
        }

        // Messages show the address.
        return uri.UserInfo.Length == 0
            ? uri
            : throw new ApiException($"the server of cluster \"{name}\" in {cluster.File} contains a user name. Use a user entry instead");
    }

    private static ProxyAddress? Proxy(KubeconfigEntry cluster, string name)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        return ProxyAddress.Parse(text, "proxy-url") ?? throw new ApiException(
            $"the proxy-url of cluster \"{name}\" in {cluster.File} is not the URL of a proxy: {ProxyAddress.Redact(text)}");
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
