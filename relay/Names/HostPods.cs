using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// Host-network pods, which share their node's address: by the ports that they declare, and by uid. Immutable.
/// </summary>
internal sealed class HostPods
{
    public static readonly HostPods Empty = new(new ClusterObjects());

    private readonly Dictionary<(AddressPort, Protocol), Owner> _byPort = [];
    private readonly Dictionary<string, Owner> _byUid = [];

    public HostPods(ClusterObjects objects)
    {
        foreach (PodObject pod in FinishedPods.Exclude(objects.Pods))
        {
            if (!pod.HostNetwork)
                continue;
            Owner owner = WorkloadNames.GetOwner(pod, objects);
            _byUid[pod.StaticUid ?? pod.Id] = owner;
            foreach (HostPort port in pod.HostPorts ?? [])
            {
                foreach (Address address in pod.Addresses)
                    _byPort.TryAdd((new AddressPort(address, port.Port), port.Protocol), owner);
            }
        }
    }

    /// <summary>The pod that declares this port; null if there is none.</summary>
    public Owner? Find(Protocol protocol, AddressPort end) => _byPort.GetValueOrDefault((end, protocol));

    /// <summary>The pod on a node with this uid in the name of its cgroup; null if there is none.</summary>
    public Owner? Find(string node, string uid) => _byUid.GetValueOrDefault(uid) is { } pod && pod.Node == node ? pod : null;
}
