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

    /// <summary>The controller of each ReplicaSet, Job and so on; null if it has none.</summary>
    public Dictionary<WorkloadId, OwnerReference?> Owners { get; } = [];
}
