using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>All names as of one snapshot. Immutable, so that a stage can use one while the next one is created.</summary>
internal sealed record ClusterNames(AddressTimeline Addresses, ServiceTable Services, HostPods HostPods)
{
    private Dictionary<string, Workload> Workloads { get; init; } = [];

    /// <summary>The labels of each namespace.</summary>
    public IReadOnlyDictionary<string, LabelSet> Namespaces { get; private init; } = new Dictionary<string, LabelSet>();

    public KnownNames Known { get; private init; } = KnownNames.None;

    public NodeTable Nodes { get; private init; } = NodeTable.Empty;

    /// <summary>The snapshot itself.</summary>
    public ClusterObjects Objects { get; private init; } = new();

    public PolicyTable Policies { get; private init; } = PolicyTable.Empty;

    public static readonly ClusterNames Empty = new(AddressTimeline.Empty, ServiceTable.Empty, HostPods.Empty);

    /// <param name="objects">The cluster's objects.</param>
    /// <param name="now">The time of the snapshot, Unix nanoseconds.</param>
    public ClusterNames With(ClusterObjects objects, long now)
    {
        objects.FormerWorkloads = Workloads;
        objects.Workloads = WorkloadNames.FindAll(objects);
        Dictionary<string, LabelSet> namespaces =
            objects.Namespaces.DistinctBy(ns => ns.Name).ToDictionary(ns => ns.Name, ns => ns.Labels);
        var next = new ClusterNames(Addresses.With(objects, now), Services.With(objects, now), new HostPods(objects))
        {
            Workloads = objects.Workloads,
            Known = new KnownNames(objects),
            Nodes = new NodeTable(objects.Nodes),
            Namespaces = namespaces,
            Policies = new PolicyTable(objects.Policies, namespaces, objects.PolicyLimits),
            Objects = objects,
        };
        objects.FormerWorkloads = [];
        return next;
    }

    /// <summary>The pod that serves an endpoint, or the node if the pod is not known; null for an address without a known owner.</summary>
    /// <param name="protocol">The flow's protocol.</param>
    /// <param name="end">The endpoint.</param>
    /// <param name="time">Of the flow, Unix nanoseconds.</param>
    /// <param name="interfaceSince">See <see cref="AddressTimeline.OwnerAt"/>.</param>
    public Owner? ServerAt(Protocol protocol, AddressPort end, long time, long? interfaceSince)
    {
        Owner? owner = Addresses.OwnerAt(end.Address, time, interfaceSince);
        return owner?.Pod is null ? HostPods.Find(protocol, end) ?? owner : owner;
    }

    /// <summary>Whether an endpoint is a host port of the pod with this address.</summary>
    public bool IsHostPortOf(Protocol protocol, AddressPort end, Address pod, long time) =>
        HostPods.FindTranslated(protocol, end) is { } served
        && Addresses.PodAt(pod, time) is { } owner && (owner.Namespace, owner.Pod) == (served.Namespace, served.Pod);
}
