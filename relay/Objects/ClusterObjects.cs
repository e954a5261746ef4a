namespace Depmap.Relay.Objects;

/// <summary>
/// The parts of a cluster's objects that names are derived from, as of one moment. Read from a file or from the API server.
/// </summary>
internal sealed class ClusterObjects
{
    public List<PodObject> Pods { get; } = [];

    /// <summary>
    /// Pods that were deleted or finished since the previous snapshot, oldest first. A short-lived pod may be in no other list.
    /// </summary>
    public List<EndedObject<PodObject>> EndedPods { get; } = [];
    public List<ServiceObject> Services { get; } = [];
    public List<SliceObject> Slices { get; } = [];
    public List<NodeObject> Nodes { get; } = [];
    public List<NamespaceObject> Namespaces { get; } = [];
    public List<PolicyObject> Policies { get; } = [];

    /// <summary>Kinds of policies that the cluster has and that are not evaluated, one sentence each.</summary>
    public IReadOnlyList<string> PolicyLimits { get; set; } = [];

    /// <summary>The controller of each ReplicaSet, Job and so on; null if it has none.</summary>
    public Dictionary<WorkloadId, OwnerReference?> Owners { get; } = [];

    /// <summary>By pod: what the previous snapshot said, for pods whose controllers were deleted since.</summary>
    public Dictionary<string, Workload> FormerWorkloads { get; set; } = [];

    /// <summary>By pod: its workload, if it was found already.</summary>
    public Dictionary<string, Workload> Workloads { get; set; } = [];
}
