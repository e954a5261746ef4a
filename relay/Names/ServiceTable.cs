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
    private readonly HashSet<Address> _external = [];
    private readonly Dictionary<(ServiceId, Protocol, ushort), ServicePort> _servicePorts = [];

    // Node ports are the same on every node: a list for each node would grow with the product of both.
    private readonly Dictionary<(Protocol, ushort), ServiceMatch> _nodePorts = [];
    private readonly HashSet<Address> _nodes;

    // Null if the endpoint is a backend of several services.
    private readonly Dictionary<(AddressPort, Protocol), ServiceObject?> _byBackend = [];
    private readonly Dictionary<(AddressPort, Protocol), List<ServiceObject>> _bySharedBackend = [];
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
                ServicePort servicePort = CreatePort(port, slices[service.Id], service.IsInternalLocal || service.IsExternalLocal);
                _servicePorts.TryAdd((service.Id, port.Protocol, port.Port), servicePort);
                foreach (Address address in service.Addresses)
                    AddPort(address, service.IsInternalLocal);
                // Another external address does not say which node the packet enters, and kube-proxy sends pods to all backends.
                foreach (Address address in service.ExternalAddresses)
                    AddPort(address, service.IsExternalLocal && _nodes.Contains(address));
                if (port.NodePort != 0)
                {
                    _nodePorts.TryAdd(
                        (port.Protocol, port.NodePort), new ServiceMatch(service.Id, servicePort, service.IsExternalLocal));
                }

                foreach (AddressPort backend in servicePort.Backends)
                    AddBackend((backend, port.Protocol), service);

                void AddPort(Address address, bool isLocal) =>
                    _ports.TryAdd((address, port.Protocol, port.Port), new ServiceMatch(service.Id, servicePort, isLocal));
            }

            foreach (Address address in service.Addresses.Concat(service.ExternalAddresses))
                _addresses.TryAdd(address, service.Id);
            _external.UnionWith(service.ExternalAddresses);
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
        // Several services can share an address, such as that of a node: it changes if one of them does.
        HashSet<Address> changed =
        [
            .. _addresses.Where(a => next._addresses.GetValueOrDefault(a.Key) != a.Value).Select(a => a.Key),
            .. _ports.Where(p => next._ports.GetValueOrDefault(p.Key).Service != p.Value.Service).Select(p => p.Key.Item1),
        ];
        foreach (Address address in changed)
            removed[address] = new RemovedService(_addresses[address], [], now, _external.Contains(address));
        foreach (((Address address, Protocol protocol, ushort port), ServiceMatch match) in _ports)
        {
            if (changed.Contains(address))
                removed[address].Ports.Add((protocol, port), match);
        }

        // Before the first snapshot, nothing is known.
        if (this != Empty)
        {
            foreach (((ServiceId, Protocol, ushort) key, ServicePort port) in next._servicePorts)
                port.Continue(_servicePorts.GetValueOrDefault(key), now);
        }

        return next;
    }

    /// <summary>
    /// The service with an address, even if it does not have the port; null if the address belongs to no service. Of a node's
    /// address, only the ports of services and the node ports belong to services; for one that only agents report, see
    /// <see cref="ServiceMatch.IsExternal"/>.
    /// </summary>
    /// <param name="protocol">The flow's protocol.</param>
    /// <param name="destination">The endpoint that the client requested.</param>
    /// <param name="time">The time of the request, Unix nanoseconds.</param>
    public ServiceMatch? Find(Protocol protocol, AddressPort destination, long time = long.MaxValue)
    {
        bool isNode = _nodes.Contains(destination.Address);
        if (_removed.TryGetValue(destination.Address, out RemovedService? removed) && time <= removed.Until)
        {
            if (removed.Ports.TryGetValue((protocol, destination.Port), out ServiceMatch earlier))
                return earlier;
            if (!isNode)
                return new ServiceMatch(removed.Service, null, IsExternal: removed.IsExternal);
        }

        if (_ports.TryGetValue((destination.Address, protocol, destination.Port), out ServiceMatch match))
            return match;
        // Bare-metal clusters and ServiceLB publish the addresses of nodes as those of services.
        if (isNode)
            return FindNodePort(protocol, destination.Port);
        return _addresses.TryGetValue(destination.Address, out ServiceId? service)
            ? new ServiceMatch(service, null, IsExternal: _external.Contains(destination.Address))
            : null;
    }

    /// <summary>The service with a node port, at the address of any node.</summary>
    public ServiceMatch? FindNodePort(Protocol protocol, ushort port) =>
        _nodePorts.TryGetValue((protocol, port), out ServiceMatch match) ? match : null;

    /// <summary>
    /// The service with a backend, for a headless service or a CNI plugin that translates before the first packet. Null if
    /// the endpoint is a backend of no service or of several.
    /// </summary>
    public ServiceId? FindByBackend(Protocol protocol, AddressPort endpoint) => _byBackend.GetValueOrDefault((endpoint, protocol))?.Id;

    /// <summary>The services with a backend, if there are several.</summary>
    public IReadOnlyList<ServiceObject> FindAllByBackend(Protocol protocol, AddressPort endpoint) =>
        _bySharedBackend.GetValueOrDefault((endpoint, protocol)) ?? [];

    /// <summary>Whether an endpoint is a service's address or backend.</summary>
    public bool IsServed(Protocol protocol, AddressPort endpoint, long time) =>
        _byBackend.ContainsKey((endpoint, protocol)) || Find(protocol, endpoint, time)?.Port is not null;

    /// <summary>Each service with each of its backends, once for each port.</summary>
    public IEnumerable<(ServiceId Service, AddressPort Backend)> ListBackends()
    {
        foreach (((ServiceId service, _, _), ServicePort port) in _servicePorts)
        {
            foreach (AddressPort backend in port.Backends)
                yield return (service, backend);
        }
    }

    private void AddBackend((AddressPort, Protocol) backend, ServiceObject service)
    {
        if (_byBackend.TryAdd(backend, service) || _byBackend[backend] == service)
            return;
        if (_byBackend[backend] is { } first)
            (_byBackend[backend], _bySharedBackend[backend]) = (null, [first]);
        if (!_bySharedBackend[backend].Contains(service))
            _bySharedBackend[backend].Add(service);
    }

    private static ServicePort CreatePort(ServicePortObject port, IEnumerable<SliceObject> slices, bool byNode)
    {
        var servicePort = new ServicePort(byNode);
        foreach (SliceObject slice in slices)
        {
            foreach (ServicePortObject target in slice.Ports)
            {
                // A slice has the target ports. They correspond to the service's ports by name.
                if (target.Name != port.Name || target.Protocol != port.Protocol)
                    continue;
                foreach (SliceEndpoint backend in slice.Endpoints)
                    servicePort.Add(new AddressPort(backend.Address, target.Port), backend.Ready, backend.Node);
            }
        }

        return servicePort;
    }

    /// <param name="Until">When the address was found to belong to the service no longer, Unix nanoseconds.</param>
    private sealed record RemovedService(
        ServiceId Service, Dictionary<(Protocol, ushort), ServiceMatch> Ports, long Until, bool IsExternal);
}
