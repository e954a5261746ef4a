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

    /// <summary>The Secrets that cert-manager creates.</summary>
    public const string RelayCertificate = "depmap-relay-tls", AgentCertificate = "depmap-agent-tls";

    /// <summary>The Secret that <c>--pull-secret-from</c> copies credentials into.</summary>
    public const string PullSecret = "depmap-pull";

    /// <summary>The port of the relay that agents connect to, unless the user chooses another.</summary>
    public const int IntakePort = 9471;

    /// <param name="ns">The relay's namespace.</param>
    public static string AgentNamespace(string ns) => $"{ns}-agents";
}
