using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>The ports at which a destination is called, and the readiness of its services.</summary>
internal static class ServedPorts
{
    private const int MaxServices = 3, MaxPorts = 5;

    /// <summary>The ports of the destination's services that have this port before or after translation; 0 for all.</summary>
    public static List<(ServiceObject Service, ServicePortObject Port)> OfServices(
        ReferenceMatch destination, ClusterNames names, uint port)
    {
        HashSet<Address> ends = [.. destination.Ends.Select(end => end.Address)];
        IEnumerable<ServiceObject> services = destination.Service is { } named ? [named]
            : names.Objects.Slices.Where(slice => slice.Endpoints.Any(endpoint => ends.Contains(endpoint.Address)))
                .Select(slice => slice.Service).Distinct()
                .Select(id => names.Objects.Services.Find(service => service.Id == id)).OfType<ServiceObject>();
        return
        [
            .. services.Take(MaxServices).SelectMany(service => service.Ports.Select(each => (service, each)))
                .Where(pair => port == 0 || pair.each.Port == port || Targets(pair.service, pair.each, names).Any(end => end.Port == port))
                .Take(MaxPorts),
        ];
    }

    /// <summary>The ports of pods that a port of a service leads to.</summary>
    public static IEnumerable<AddressPort> Targets(ServiceObject service, ServicePortObject port, ClusterNames names) =>
        from slice in names.Objects.Slices
        where slice.Service == service.Id
        from target in slice.Ports
        where target.Name == port.Name && target.Protocol == port.Protocol
        from endpoint in slice.Endpoints
        select new AddressPort(endpoint.Address, target.Port);

    public static ServiceReadiness Readiness(ServiceObject service, ServicePortObject port, ClusterNames names)
    {
        SliceEndpoint[] endpoints =
        [
            .. from slice in names.Objects.Slices
               where slice.Service == service.Id
                   && slice.Ports.Any(target => target.Name == port.Name && target.Protocol == port.Protocol)
               from endpoint in slice.Endpoints
               select endpoint,
        ];
        uint ready = (uint)endpoints.Count(endpoint => endpoint.Ready);
        return new ServiceReadiness
        {
            Namespace = service.Id.Namespace,
            Service = service.Id.Name,
            Port = port.Port,
            Protocol = port.Protocol,
            Ready = ready,
            NotReady = (uint)endpoints.Length - ready,
        };
    }

    /// <summary>The connections to check: from each client to each server at each port.</summary>
    public static IEnumerable<PolicyConnection> Connections(
        ReferenceMatch source,
        ReferenceMatch destination,
        List<(ServiceObject Service, ServicePortObject Port)> services,
        IReadOnlyCollection<(Protocol Protocol, ushort Port)> called,
        uint port,
        ClusterNames names)
    {
        foreach (PolicyEnd server in destination.Ends)
        {
            (Protocol, ushort)[] ports =
            [
                .. services.SelectMany(pair => Targets(pair.Service, pair.Port, names)
                    .Where(target => target.Address == server.Address).Select(target => (pair.Port.Protocol, target.Port))).Distinct(),
            ];
            if (ports.Length == 0)
            {
                ports = [.. called.Where(each => port == 0 || each.Port == port).Take(MaxPorts)];
                if (ports.Length == 0 && port > 0)
                    ports = [(Protocol.Tcp, (ushort)port)];
            }

            foreach ((Protocol protocol, ushort number) in ports)
            {
                foreach (PolicyEnd client in source.Ends)
                    yield return new PolicyConnection(client, server, protocol, number);
            }
        }
    }
}
