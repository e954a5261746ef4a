using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>How a pod reaches its own cluster: by what the kubelet gives it.</summary>
internal static class InCluster
{
    private const string Mounted = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <param name="folder">Where the token is.</param>
    /// <returns>Null where this is no pod with a token.</returns>
    public static Connection? Read(Func<string, string?> variable, string folder = Mounted)
    {
        if (variable("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || variable("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !File.Exists(Path.Combine(folder, "token")))
            return null;

        string authority = Path.Combine(folder, "ca.crt"), space = Path.Combine(folder, "namespace");
        return new Connection(
            new Uri($"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}"),
            "",
            variable("POD_NAMESPACE") ?? (File.Exists(space) ? File.ReadAllText(space).Trim() : "default"),
            "of this pod")
        {
            Trust = File.Exists(authority)
                ? new ServerTrust(CertificateText.ReadRoots(File.ReadAllBytes(authority), authority), null, false)
                : ServerTrust.OfTheSystem,
            Credential = new TokenFile(Path.Combine(folder, "token")),
        };
    }
}
