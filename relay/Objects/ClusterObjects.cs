namespace Depmap.Relay.Objects;

/// <summary>
/// What names need of a cluster's objects, as of one moment. A file gives it now; a watch gives the same.
/// </summary>
internal sealed class ClusterObjects
{
    public List<PodObject> Pods { get; } = [];

    /// <summary>Pods that were deleted or finished since the moment before, oldest first. Their whole life may lie between.</summary>
    public List<EndedObject<PodObject>> EndedPods { get; } = [];
    public List<ServiceObject> Services { get; } = [];
    public List<SliceObject> Slices { get; } = [];
    public List<NodeObject> Nodes { get; } = [];

    /// <summary>What stands above each ReplicaSet, Job and so on; null where nothing does.</summary>
    public Dictionary<WorkloadId, OwnerReference?> Owners { get; } = [];
}
