namespace Depmap.Plugin.Objects;

/// <summary>What an <see cref="ObjectReference"/> refers to.</summary>
internal enum ObjectKind
{
    /// <summary>A name without a kind: a workload, a service or a pod.</summary>
    Any,
    Workload,
    Pod,
    Service,
    Namespace,
    Node,

    /// <summary>An IP address.</summary>
    Address,

    /// <summary>A DNS name outside the cluster.</summary>
    Outside,
}
