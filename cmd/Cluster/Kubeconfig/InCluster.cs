using Depmap.Plugin.Cluster.Api;
using k8s.Authentication;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// The connection of a pod to its own cluster, from what the kubelet provides. KubernetesClient's InClusterConfig ignores
/// POD_NAMESPACE, which kubectl honours, and requires ca.crt.
/// </summary>
internal static class InCluster
{
    private const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <param name="variable">Returns the value of an environment variable.</param>
    /// <param name="folder">The folder of the token.</param>
    /// <returns>Null outside a pod, or in one without a token.</returns>
    public static Connection? Read(Func<string, string?> variable, string folder = ServiceAccountFolder)
    {
        string token = Path.Combine(folder, "token");
        if (variable("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } host
            || variable("KUBERNETES_SERVICE_PORT") is not { Length: > 0 } port
            || !File.Exists(token))
            return null;

        string authority = Path.Combine(folder, "ca.crt"), ns = Path.Combine(folder, "namespace");
        return new Connection(
            new Uri($"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}"),
            "",
            variable("POD_NAMESPACE") ?? (File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default"),
            "of this pod")
        {
            Trust = File.Exists(authority)
                ? new ServerTrust(CertificateText.ReadAuthorities(File.ReadAllBytes(authority), authority), null, false)
                : ServerTrust.SystemAuthorities,
            Credentials = new TokenCredentials(new TokenFile(token)),
        };
    }
}
