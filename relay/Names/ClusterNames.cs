using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>All names as of one snapshot. Immutable, so that a stage can use one while the next one is created.</summary>
internal sealed record ClusterNames(AddressTimeline Addresses, ServiceTable Services, HostPods HostPods)
{
    public static readonly ClusterNames Empty = new(AddressTimeline.Empty, ServiceTable.Empty, HostPods.Empty);

    /// <param name="objects">The cluster's objects.</param>
    /// <param name="now">The time of the snapshot, Unix nanoseconds.</param>
    public ClusterNames With(ClusterObjects objects, long now) =>
        new(Addresses.With(objects, now), Services.With(objects, now), new HostPods(objects));

    /// <summary>The pod that serves an endpoint, or the node if the pod is not known; null for an address without a known owner.</summary>
    public Owner? ServerAt(Protocol protocol, AddressPort end, long time)
    {
        Owner? owner = Addresses.OwnerAt(end.Address, time);
        return owner?.Pod is null ? HostPods.Find(protocol, end) ?? owner : owner;
    }
}
