using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Makes of a kubeconfig, and of what the command line chooses from it, a connection.</summary>
/// <param name="stdinIsTerminal">A person could answer an exec plugin.</param>
internal sealed class ConnectionReader(Func<string, string?> variable, bool stdinIsTerminal, TimeProvider timeProvider)
{
    /// <exception cref="ApiException">There is no kubeconfig, or it does not say.</exception>
    public Connection Read(ClusterChoice choice)
    {
        KubeconfigFiles files = KubeconfigFiles.Choose(choice.Kubeconfig, variable);
        MergedKubeconfig config = files.Read();
        Connection connection = config.IsEmpty && choice.Context is null && choice.Kubeconfig is null && InCluster.Read(variable) is { } inside
            ? inside
            : Read(config, choice, files);
        return choice.As is null && choice.AsUid is null && choice.AsGroups is null or []
            ? connection
            : connection with { Impersonation = Impersonated(choice) };
    }

    private Connection Read(MergedKubeconfig config, ClusterChoice choice, KubeconfigFiles files)
    {
        if (config.IsEmpty)
        {
            throw new ApiException(files.Paths.Count == 0
                ? "there is no kubeconfig. Try: --kubeconfig FILE, or set KUBECONFIG"
                : $"there is no cluster in {string.Join(" or ", files.Paths)}. Try: --kubeconfig FILE, or set KUBECONFIG");
        }

        string name = choice.Context ?? config.CurrentContext
            ?? throw new ApiException($"the kubeconfig has no current context. Try: --context NAME, with one of {Names(config.Contexts)}");
        KubeconfigEntry context = Find(config.Contexts, name, "context", null);
        string clusterName = choice.Cluster ?? context.Text("cluster")
            ?? throw new ApiException($"context \"{name}\" names no cluster. Try: --cluster NAME, with one of {Names(config.Clusters)}");
        KubeconfigEntry cluster = Find(config.Clusters, clusterName, "cluster", choice.Cluster is null ? name : null);
        string userName = choice.User ?? context.Text("user") ?? "";
        KubeconfigEntry user = userName.Length == 0
            ? new KubeconfigEntry([], cluster.File)
            : Find(config.Users, userName, "user", choice.User is null ? name : null);

        byte[]? authority = cluster.Data("certificate-authority");
        byte[]? certificate = user.Data("client-certificate"), key = user.Data("client-key");
        if (certificate is not null && key is null)
            throw new ApiException($"user \"{userName}\" in {user.File} has a client-certificate but no client-key");
        bool anyone = cluster.Flag("insecure-skip-tls-verify");
        return new Connection(
            Server(cluster, clusterName, isTls: authority is not null || certificate is not null || anyone),
            name,
            context.Text("namespace") ?? "default",
            userName)
        {
            Trust = new ServerTrust(
                authority is null || anyone ? null : CertificateText.ReadRoots(authority, cluster.File), cluster.Text("tls-server-name"), anyone),
            ClientCertificate = certificate is null ? null : CertificateText.ReadClient(certificate, key!, user.File),
            Credential = Credential(user, userName, cluster),
            Proxy = Proxy(cluster, clusterName),
            Impersonation = Impersonated(user),
        };
    }

    private static Uri Server(KubeconfigEntry cluster, string name, bool isTls)
    {
        string server = cluster.Text("server") ?? throw new ApiException($"cluster \"{name}\" in {cluster.File} has no server");
        string address = server.Contains("://", StringComparison.Ordinal) ? server : $"{(isTls ? "https" : "http")}://{server}";
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "https" or "http"
            ? uri
            : throw new ApiException($"the server of cluster \"{name}\" in {cluster.File} is no address: {server}");
    }

    private static Uri? Proxy(KubeconfigEntry cluster, string name)
    {
        if (cluster.Text("proxy-url") is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "socks5"
            ? uri
            : throw new ApiException($"the proxy-url of cluster \"{name}\" in {cluster.File} is no address of a proxy: {text}");
    }

    // In client-go's order: the exec plugin only where nothing else says who the user is.
    private ICredential Credential(KubeconfigEntry user, string name, KubeconfigEntry cluster)
    {
        if (user.Path("tokenFile") is { } file)
            return new TokenFile(file);
        if (user.Text("token") is { } token)
            return FixedCredential.Token(token);
        if (user.Text("username") is { } login)
            return FixedCredential.Basic(login, user.Text("password") ?? "");
        if (user.Fields["exec"] is JsonObject exec)
            return new ExecCredential(new ExecPlugin(ExecSettings.Read(exec, user, name, cluster, stdinIsTerminal)), timeProvider);
        return user.Fields["auth-provider"] is JsonObject old
            ? throw new ApiException($"user \"{name}\" logs in by the auth-provider \"{old["name"]}\", which Depmap does not know. Use an exec plugin for it")
            : FixedCredential.None;
    }

    private static Impersonation Impersonated(KubeconfigEntry user) => user.Text("as") is not { } name
        ? Impersonation.Nobody
        : new Impersonation(
            name,
            user.Text("as-uid"),
            [.. user.Texts("as-groups")],
            [
                .. (user.Fields["as-user-extra"] as JsonObject ?? []).SelectMany(
                    pair => (pair.Value as JsonArray ?? []).Select(value => KeyValuePair.Create(pair.Key, $"{value}"))),
            ]);

    private static Impersonation Impersonated(ClusterChoice choice) => choice.As is { } name
        ? new Impersonation(name, choice.AsUid, choice.AsGroups ?? [], [])
        : throw new ApiException("--as-group and --as-uid need --as USER");

    private static KubeconfigEntry Find(IReadOnlyDictionary<string, KubeconfigEntry> entries, string name, string kind, string? context) =>
        entries.TryGetValue(name, out KubeconfigEntry? found)
            ? found
            : throw new ApiException(
                $"there is no {kind} \"{name}\" in the kubeconfig{(context is null ? "" : $", which context \"{context}\" names")}. It has: {Names(entries)}");

    private static string Names(IReadOnlyDictionary<string, KubeconfigEntry> entries) =>
        entries.Count == 0 ? "none" : string.Join(", ", entries.Keys.Order(StringComparer.Ordinal));
}
