using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// Which service an address and port belong to, and which one an end is behind. Immutable once built; a snapshot of the
/// cluster makes the next one, which still knows for a while what is gone.
/// </summary>
internal sealed class ServiceTable
{
    public static readonly ServiceTable Empty = new(new ClusterObjects());

    private readonly Dictionary<(Address, Protocol, ushort), ServiceMatch> _ports = [];
    private readonly Dictionary<Address, ServiceId> _addresses = [];

    // A service's port on every node. A list of all nodes' would grow with both.
    private readonly Dictionary<(Protocol, ushort), ServiceMatch> _nodePorts = [];
    private readonly HashSet<Address> _nodes;

    // Null where an end is behind several services.
    private readonly Dictionary<(AddressPort, Protocol), ServiceId?> _behind = [];
    private readonly Dictionary<Address, FormerService> _former;

    public ServiceTable(ClusterObjects objects)
        : this(objects, [])
    {
    }

    private ServiceTable(ClusterObjects objects, Dictionary<Address, FormerService> former)
    {
        _former = former;
        _nodes = [.. objects.Nodes.SelectMany(node => node.Addresses)];
        ILookup<ServiceId, SliceObject> slices = objects.Slices.ToLookup(s => s.Service);
        foreach (ServiceObject service in objects.Services)
        {
            foreach (ServicePortObject port in service.Ports)
            {
                ServicePort backed = BackedPort(port, slices[service.Id]);
                var match = new ServiceMatch(service.Id, backed);
                foreach (Address address in service.Addresses)
                    _ports.TryAdd((address, port.Protocol, port.Port), match);
                if (port.NodePort != 0)
                    _nodePorts.TryAdd((port.Protocol, port.NodePort), match);
                foreach (AddressPort backend in backed.Backends)
                {
                    if (!_behind.TryAdd((backend, port.Protocol), service.Id) && _behind[(backend, port.Protocol)] != service.Id)
                        _behind[(backend, port.Protocol)] = null;
                }
            }

            foreach (Address address in service.Addresses)
                _addresses.TryAdd(address, service.Id);
        }
    }

    /// <summary>What is known after a snapshot of the cluster that was taken at <paramref name="now"/> (Unix nanoseconds).</summary>
    public ServiceTable With(ClusterObjects objects, long now)
    {
        Dictionary<Address, FormerService> former = [];
        foreach ((Address address, FormerService gone) in _former)
        {
            if (now - gone.Until < AddressTimeline.History)
                former.Add(address, gone);
        }

        var next = new ServiceTable(objects, former);
        foreach ((Address address, ServiceId service) in _addresses)
        {
            if (next._addresses.TryGetValue(address, out ServiceId? present) && present == service)
                continue;
            Dictionary<(Protocol, ushort), ServiceMatch> ports = _ports
                .Where(p => p.Key.Item1 == address).ToDictionary(p => (p.Key.Item2, p.Key.Item3), p => p.Value);
            former[address] = new FormerService(service, ports, now);
        }

        return next;
    }

    /// <summary>The service asked for, also when it lacks the port; null where the address is no service's.</summary>
    /// <param name="protocol">The flow's.</param>
    /// <param name="asked">The end that the client asked.</param>
    /// <param name="time">When it did, Unix nanoseconds.</param>
    public ServiceMatch? Find(Protocol protocol, AddressPort asked, long time = long.MaxValue)
    {
        if (_former.TryGetValue(asked.Address, out FormerService? former) && time <= former.Until)
            return former.Ports.TryGetValue((protocol, asked.Port), out ServiceMatch was) ? was : new ServiceMatch(former.Service, null);
        if (_ports.TryGetValue((asked.Address, protocol, asked.Port), out ServiceMatch match))
            return match;
        if (_addresses.TryGetValue(asked.Address, out ServiceId? service))
            return new ServiceMatch(service, null);
        return _nodes.Contains(asked.Address) && _nodePorts.TryGetValue((protocol, asked.Port), out match) ? match : null;
    }

    /// <summary>
    /// The service that a pod's own address and port stand for: of a headless one, or where the CNI plugin translates
    /// before there is a packet. Null where no service has that end behind it, or several have.
    /// </summary>
    public ServiceId? FindBehind(Protocol protocol, AddressPort end) => _behind.GetValueOrDefault((end, protocol));

    /// <summary>Whether the objects say that somebody serves there.</summary>
    public bool IsServed(Protocol protocol, AddressPort end, long time) =>
        _behind.ContainsKey((end, protocol)) || Find(protocol, end, time)?.Port is not null;

    private static ServicePort BackedPort(ServicePortObject port, IEnumerable<SliceObject> slices)
    {
        var backed = new ServicePort();
        foreach (SliceObject slice in slices)
        {
            foreach (ServicePortObject target in slice.Ports)
            {
                // A slice's ports are the target ports; the name is what ties them to the service's.
                if (target.Name != port.Name || target.Protocol != port.Protocol)
                    continue;
                foreach (SliceEndpoint endpoint in slice.Endpoints)
                    backed.Add(new AddressPort(endpoint.Address, target.Port), endpoint.Ready);
            }
        }

        return backed;
    }

    /// <param name="Until">When it was heard that the address is no more this service's, Unix nanoseconds.</param>
    private sealed record FormerService(ServiceId Service, Dictionary<(Protocol, ushort), ServiceMatch> Ports, long Until);
}
