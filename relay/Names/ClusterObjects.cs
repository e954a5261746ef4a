using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// What names need of a cluster's objects, as of one moment. A file gives it now; a watch gives the same.
/// </summary>
internal sealed class ClusterObjects
{
    public List<PodObject> Pods { get; } = [];

    /// <summary>Pods that were deleted or finished since the moment before, oldest first. Their whole life may lie between.</summary>
    public List<Ended<PodObject>> EndedPods { get; } = [];
    public List<ServiceObject> Services { get; } = [];
    public List<SliceObject> Slices { get; } = [];
    public List<NodeObject> Nodes { get; } = [];

    /// <summary>What stands above each ReplicaSet, Job and so on; null where nothing does.</summary>
    public Dictionary<WorkloadId, OwnerReference?> Owners { get; } = [];
}

/// <summary>An object as it was at last.</summary>
/// <param name="At">When that was heard, Unix nanoseconds.</param>
internal readonly record struct Ended<T>(T Object, long At);

internal readonly record struct OwnerReference(string Kind, string Name);

internal readonly record struct WorkloadId(string Kind, string Namespace, string Name);

/// <summary>An object that may own pods, and what stands above it.</summary>
internal sealed record OwnedObject(WorkloadId Id, OwnerReference? Controller);

/// <summary>A pod. Times are Unix nanoseconds.</summary>
internal sealed record PodObject
{
    /// <summary>Its uid; where the file has none, its namespace and name.</summary>
    public required string Id { get; init; }

    /// <summary>What its kubelet calls a static pod, whose object has a uid of its own; null for all others.</summary>
    public string? StaticUid { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public string Node { get; init; } = "";
    public IReadOnlyList<Address> Addresses { get; init; } = [];
    public bool HostNetwork { get; init; }

    /// <summary>Of the host network only: the ports of the node that its containers name; null for none.</summary>
    public IReadOnlyList<HostPort>? HostPorts { get; init; }

    /// <summary>Phase Succeeded or Failed: the address it still lists may already be another's.</summary>
    public bool Finished { get; init; }
    public long? Started { get; init; }
    public long? Deleted { get; init; }

    /// <summary>TCP ports named for a liveness, readiness or startup probe; null for none.</summary>
    public IReadOnlyList<ushort>? ProbePorts { get; init; }
    public OwnerReference? Controller { get; init; }

    /// <summary>The label pod-template-hash, which a Deployment's ReplicaSet carries in its name.</summary>
    public string? TemplateHash { get; init; }
}

internal readonly record struct HostPort(Protocol Protocol, ushort Port);

internal sealed record ServiceObject
{
    public required string Namespace { get; init; }
    public required string Name { get; init; }

    /// <summary>Cluster, external and load balancer addresses; empty for a headless service.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];

    public bool IsNamedAs(ServiceObject other) => Name == other.Name && Namespace == other.Namespace;
}

/// <param name="NodePort">The port that stands for it on every node; 0 where there is none.</param>
internal readonly record struct ServicePortObject(string Name, Protocol Protocol, ushort Port, ushort NodePort = 0);

/// <summary>An EndpointSlice: some of the backends of a service.</summary>
internal sealed record SliceObject
{
    public required string Namespace { get; init; }
    public required string Service { get; init; }
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];
    public IReadOnlyList<SliceEndpoint> Endpoints { get; init; } = [];
}

internal readonly record struct SliceEndpoint(Address Address, bool Ready);

internal sealed record NodeObject(string Name, IReadOnlyList<Address> Addresses);
