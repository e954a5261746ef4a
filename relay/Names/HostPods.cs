using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// The pods behind the addresses of nodes: host-network pods, which share their node's address, and pods with host ports.
/// By the ports that they declare, and host-network pods also by uid. Immutable.
/// </summary>
internal sealed class HostPods
{
    public static readonly HostPods Empty = new(new ClusterObjects());

    private readonly Dictionary<(AddressPort, Protocol), (Owner Pod, bool Translated)> _byPort = [];
    private readonly Dictionary<(string, ushort, Protocol), Owner> _byNodeAndPort = [];
    private readonly Dictionary<string, Owner> _byUid = [];

    public HostPods(ClusterObjects objects)
    {
        ILookup<string, Address> nodes = objects.Nodes
            .SelectMany(node => node.Addresses.Select(address => (node.Name, address))).ToLookup(pair => pair.Name, pair => pair.address);
        foreach (PodObject pod in FinishedPods.Exclude(objects.Pods))
        {
            if (!pod.HostNetwork && pod.HostPorts is null)
                continue;
            Owner owner = WorkloadNames.GetOwner(pod, objects);
            if (pod.HostNetwork)
                _byUid[pod.StaticUid ?? pod.Id] = owner;
            foreach (HostPort port in pod.HostPorts ?? [])
            {
                if (port.Address is null)
                    _byNodeAndPort.TryAdd((pod.Node, port.Port, port.Protocol), owner);
                foreach (Address address in pod.HostNetwork ? pod.Addresses : nodes[pod.Node])
                {
                    if (port.Address is null || port.Address == address)
                        _byPort.TryAdd((new AddressPort(address, port.Port), port.Protocol), (owner, !pod.HostNetwork));
                }
            }
        }
    }

    /// <summary>The pod that declares this port; null if there is none.</summary>
    public Owner? Find(Protocol protocol, AddressPort end) => _byPort.GetValueOrDefault((end, protocol)).Pod;

    /// <summary>The pod whose host port this is: its node translates it to the pod's own address. Null if there is none.</summary>
    public Owner? FindTranslated(Protocol protocol, AddressPort end) =>
        _byPort.GetValueOrDefault((end, protocol)) is { Translated: true } port ? port.Pod : null;

    /// <summary>The pod that declares this port, at an address of its node that is not the pod's in the API.</summary>
    public Owner? Find(Protocol protocol, string node, ushort port) => _byNodeAndPort.GetValueOrDefault((node, port, protocol));

    /// <summary>The pod on a node with this uid in the name of its cgroup; null if there is none.</summary>
    public Owner? Find(string node, string uid) => _byUid.GetValueOrDefault(uid) is { } pod && pod.Node == node ? pod : null;
}
