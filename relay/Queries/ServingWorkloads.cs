using Depmap.Relay.Flows;
using Depmap.Relay.Names;

namespace Depmap.Relay.Queries;

/// <summary>Finds the workloads whose pods serve one of some services, as namespace and <c>KIND/NAME</c>.</summary>
internal delegate HashSet<(string Namespace, string Workload)> ServingWorkloads(IReadOnlyList<NamePattern> services);

/// <summary>Finds them in the current names.</summary>
internal static class CurrentServingWorkloads
{
    /// <param name="names">The current names.</param>
    /// <param name="now">Unix nanoseconds.</param>
    public static ServingWorkloads In(ClusterNames names, long now) => services =>
    {
        HashSet<(string, string)> found = [];
        foreach ((ServiceId service, AddressPort backend) in names.Services.ListBackends())
        {
            if (services.Any(pattern => pattern.Name == service.Name && pattern.AllowsNamespace(service.Namespace))
                && names.Addresses.OwnerAt(backend.Address, now) is { Namespace: { } ns, Workload: { } workload })
            {
                found.Add((ns, workload));
            }
        }

        return found;
    };
}
