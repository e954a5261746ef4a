namespace Depmap.Plugin.Pictures;

/// <summary>What the nodes of a group have in common.</summary>
internal enum GraphGroupKind
{
    Namespace,

    /// <summary>Kubernetes nodes.</summary>
    Hosts,

    /// <summary>Ends outside the cluster that only call.</summary>
    OutsideClients,

    /// <summary>Ends outside the cluster that are called.</summary>
    OutsideServers,
}
