using Depmap.Relay.Flows;
using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>
/// The service that a client meant when it connects to the address of a pod: it resolved the name of a headless service, or
/// the CNI plugin translated the address before there was a packet.
/// </summary>
internal static class BackendService
{
    /// <returns>
    /// The only service that has the endpoint as a backend, or the one among several whose name the client resolved last; null
    /// if none has it, or if the client resolved none of their names.
    /// </returns>
    public static ServiceId? Find(
        ServiceTable services,
        ResolvedNames resolved,
        Protocol protocol,
        Address client,
        Owner? owner,
        string observer,
        AddressPort destination,
        long time)
    {
        if (services.FindByBackend(protocol, destination) is { } only)
            return only;
        (ServiceId? found, long latest) = (null, long.MinValue);
        foreach (ServiceObject service in services.FindAllByBackend(protocol, destination))
        {
            // A headless service's name leads to its pods, that of another to its own addresses.
            Consider(
                service.Id,
                resolved.LastAsked(client, owner, observer, destination.Address, time, name => IsNameOf(service.Id, name)));
            foreach (Address address in service.Addresses)
                Consider(service.Id, resolved.LastAsked(client, owner, observer, address, time, _ => true));
        }

        return found;

        void Consider(ServiceId service, long? asked)
        {
            if (asked > latest)
                (found, latest) = (service, asked.Value);
        }
    }

    /// <summary>
    /// Whether it is <c>SERVICE.NAMESPACE.svc.ZONE</c>, or a pod's name before it
    /// (https://github.com/kubernetes/dns/blob/master/docs/specification.md).
    /// </summary>
    public static bool IsNameOf(ServiceId service, string name)
    {
        ReadOnlySpan<char> rest = name;
        string suffix = $"{service.Name}.{service.Namespace}.svc.";
        if (rest.StartsWith(suffix, StringComparison.Ordinal))
            return true;
        int dot = rest.IndexOf('.');
        return dot > 0 && rest[(dot + 1)..].StartsWith(suffix, StringComparison.Ordinal);
    }
}
