namespace Depmap.Plugin.Objects;

/// <summary>The names of Depmap's objects in a cluster.</summary>
internal static class ProductNames
{
    /// <summary>The relay's namespace unless the user chooses another.</summary>
    public const string Namespace = "depmap";

    /// <summary>The relay's Deployment, Service, ConfigMap, ServiceAccount, ClusterRole and ClusterRoleBinding.</summary>
    public const string Relay = "depmap-relay";

    /// <summary>The agents' DaemonSet, ConfigMap and ServiceAccount.</summary>
    public const string Agent = "depmap-agent";

    /// <summary>The ClusterRole and ClusterRoleBinding of a trial.</summary>
    public const string Trial = "depmap-try";

    /// <summary>The Secrets.</summary>
    public const string Authority = "depmap-authority", RelayCertificate = "depmap-relay-tls", AgentCertificate = "depmap-agent-tls";

    /// <param name="ns">The relay's namespace.</param>
    public static string AgentNamespace(string ns) => $"{ns}-agents";
}
