using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// Finds services by address and port, and by backend. Immutable; each snapshot of the cluster creates the next table,
/// which keeps removed services for a while.
/// </summary>
internal sealed class ServiceTable
{
    public static readonly ServiceTable Empty = new(new ClusterObjects());

    private readonly Dictionary<(Address, Protocol, ushort), ServiceMatch> _ports = [];
    private readonly Dictionary<Address, ServiceId> _addresses = [];

    // Node ports are the same on every node: a list for each node would grow with the product of both.
    private readonly Dictionary<(Protocol, ushort), ServiceMatch> _nodePorts = [];
    private readonly HashSet<Address> _nodes;

    // Null if the endpoint is a backend of several services.
    private readonly Dictionary<(AddressPort, Protocol), ServiceId?> _byBackend = [];
    private readonly Dictionary<Address, RemovedService> _removed;

    public ServiceTable(ClusterObjects objects)
        : this(objects, [])
    {
    }

    private ServiceTable(ClusterObjects objects, Dictionary<Address, RemovedService> removed)
    {
        _removed = removed;
        _nodes = [.. objects.Nodes.SelectMany(node => node.Addresses)];
        ILookup<ServiceId, SliceObject> slices = objects.Slices.ToLookup(s => s.Service);
        foreach (ServiceObject service in objects.Services)
        {
            foreach (ServicePortObject port in service.Ports)
            {
                ServicePort servicePort = CreatePort(port, slices[service.Id]);
                var match = new ServiceMatch(service.Id, servicePort);
                foreach (Address address in service.Addresses)
                    _ports.TryAdd((address, port.Protocol, port.Port), match);
                if (port.NodePort != 0)
                    _nodePorts.TryAdd((port.Protocol, port.NodePort), match);
                foreach (AddressPort backend in servicePort.Backends)
                {
                    if (!_byBackend.TryAdd((backend, port.Protocol), service.Id) && _byBackend[(backend, port.Protocol)] != service.Id)
                        _byBackend[(backend, port.Protocol)] = null;
                }
            }

            foreach (Address address in service.Addresses)
                _addresses.TryAdd(address, service.Id);
        }
    }

    /// <summary>The table for a new snapshot of the cluster, taken at <paramref name="now"/> (Unix nanoseconds).</summary>
    public ServiceTable With(ClusterObjects objects, long now)
    {
        Dictionary<Address, RemovedService> removed = [];
        foreach ((Address address, RemovedService service) in _removed)
        {
            if (now - service.Until < AddressTimeline.History)
                removed.Add(address, service);
        }

        var next = new ServiceTable(objects, removed);
        foreach ((Address address, ServiceId service) in _addresses)
        {
            if (next._addresses.TryGetValue(address, out ServiceId? present) && present == service)
                continue;
            Dictionary<(Protocol, ushort), ServiceMatch> ports = _ports
                .Where(p => p.Key.Item1 == address).ToDictionary(p => (p.Key.Item2, p.Key.Item3), p => p.Value);
            removed[address] = new RemovedService(service, ports, now);
        }

        return next;
    }

    /// <summary>The service with an address, even if it does not have the port; null if the address belongs to no service.</summary>
    /// <param name="protocol">The flow's protocol.</param>
    /// <param name="destination">The endpoint that the client requested.</param>
    /// <param name="time">The time of the request, Unix nanoseconds.</param>
    public ServiceMatch? Find(Protocol protocol, AddressPort destination, long time = long.MaxValue)
    {
        if (_removed.TryGetValue(destination.Address, out RemovedService? removed) && time <= removed.Until)
        {
            return removed.Ports.TryGetValue((protocol, destination.Port), out ServiceMatch earlier)
                ? earlier
                : new ServiceMatch(removed.Service, null);
        }

        if (_ports.TryGetValue((destination.Address, protocol, destination.Port), out ServiceMatch match))
            return match;
        if (_addresses.TryGetValue(destination.Address, out ServiceId? service))
            return new ServiceMatch(service, null);
        return _nodes.Contains(destination.Address) && _nodePorts.TryGetValue((protocol, destination.Port), out match) ? match : null;
    }

    /// <summary>
    /// The service with a backend, for a headless service or a CNI plugin that translates before the first packet. Null if
    /// the endpoint is a backend of no service or of several.
    /// </summary>
    public ServiceId? FindByBackend(Protocol protocol, AddressPort endpoint) => _byBackend.GetValueOrDefault((endpoint, protocol));

    /// <summary>Whether an endpoint is a service's address or backend.</summary>
    public bool IsServed(Protocol protocol, AddressPort endpoint, long time) =>
        _byBackend.ContainsKey((endpoint, protocol)) || Find(protocol, endpoint, time)?.Port is not null;

    private static ServicePort CreatePort(ServicePortObject port, IEnumerable<SliceObject> slices)
    {
        var servicePort = new ServicePort();
        foreach (SliceObject slice in slices)
        {
            foreach (ServicePortObject target in slice.Ports)
            {
                // A slice has the target ports. They correspond to the service's ports by name.
                if (target.Name != port.Name || target.Protocol != port.Protocol)
                    continue;
                foreach (SliceEndpoint backend in slice.Endpoints)
                    servicePort.Add(new AddressPort(backend.Address, target.Port), backend.Ready);
            }
        }

        return servicePort;
    }

    /// <param name="Until">When the address was found to belong to the service no longer, Unix nanoseconds.</param>
    private sealed record RemovedService(ServiceId Service, Dictionary<(Protocol, ushort), ServiceMatch> Ports, long Until);
}
