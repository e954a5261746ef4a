using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>A service, and the port of it that was asked for; no port where the service lacks that one.</summary>
internal readonly record struct ServiceMatch(ServiceObject Service, ServicePort? Port);

/// <summary>One port of a service with those behind it.</summary>
internal sealed class ServicePort
{
    private readonly Dictionary<AddressPort, bool> _backends = [];

    public bool HasReadyBackend { get; private set; }

    /// <summary>Those behind the port, ready or not.</summary>
    public Dictionary<AddressPort, bool>.KeyCollection Backends => _backends.Keys;

    /// <summary>Whether this end serves the port. One not ready counts: it may still finish what it has.</summary>
    public bool IsBackedBy(AddressPort end) => _backends.ContainsKey(end);

    public void Add(AddressPort backend, bool ready)
    {
        _backends[backend] = ready || _backends.GetValueOrDefault(backend);
        HasReadyBackend |= ready;
    }
}

/// <summary>Which service an address and port belong to. Immutable once built.</summary>
internal sealed class ServiceTable
{
    public static readonly ServiceTable Empty = new(new ClusterObjects());

    private readonly Dictionary<(Address, Protocol, ushort), ServiceMatch> _ports = [];
    private readonly Dictionary<Address, ServiceObject> _addresses = [];

    public ServiceTable(ClusterObjects objects)
    {
        ILookup<(string, string), SliceObject> slices = objects.Slices.ToLookup(s => (s.Namespace, s.Service));
        foreach (ServiceObject service in objects.Services)
        {
            foreach (ServicePortObject port in service.Ports)
            {
                ServicePort backed = BackedPort(port, slices[(service.Namespace, service.Name)]);
                foreach (Address address in service.Addresses)
                    _ports.TryAdd((address, port.Protocol, port.Port), new ServiceMatch(service, backed));
            }

            foreach (Address address in service.Addresses)
                _addresses.TryAdd(address, service);
        }
    }

    /// <summary>The service asked for, also when it lacks the port; null where the address is no service's.</summary>
    public ServiceMatch? Find(Protocol protocol, AddressPort asked)
    {
        if (_ports.TryGetValue((asked.Address, protocol, asked.Port), out ServiceMatch match))
            return match;
        return _addresses.TryGetValue(asked.Address, out ServiceObject? service) ? new ServiceMatch(service, null) : null;
    }

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
}
