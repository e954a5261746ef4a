using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// Pods of the host network by the ports that they name there: they share their node's address, and only a port tells
/// them apart. Immutable once built.
/// </summary>
internal sealed class HostPods
{
    public static readonly HostPods Empty = new(new ClusterObjects());

    private readonly Dictionary<(AddressPort, Protocol), Owner> _pods = [];

    public HostPods(ClusterObjects objects)
    {
        foreach (PodObject pod in objects.Pods)
        {
            if (!pod.HostNetwork || pod.Finished || pod.HostPorts is not { } ports)
                continue;
            var owner = Owner.Of(pod, objects);
            foreach (HostPort port in ports)
            {
                foreach (Address address in pod.Addresses)
                    _pods.TryAdd((new AddressPort(address, port.Port), port.Protocol), owner);
            }
        }
    }

    /// <summary>The pod that serves there; null where none says so.</summary>
    public Owner? Find(Protocol protocol, AddressPort end) => _pods.GetValueOrDefault((end, protocol));
}
