namespace Depmap.Plugin.Pictures;

/// <summary>What a node of a picture stands for.</summary>
internal enum GraphNodeKind
{
    /// <summary>A workload, or a service without a known workload.</summary>
    Workload,

    /// <summary>All of a namespace.</summary>
    Namespace,

    /// <summary>A Kubernetes node, or a zone of them.</summary>
    Host,

    /// <summary>One or many addresses outside the cluster.</summary>
    Outside,
}
