using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>What an end of an edge is.</summary>
/// <param name="Kind">As in kubectl, such as <c>deployment</c>; or <c>outside</c>, <c>host</c>, <c>address</c>, <c>zone</c>.</param>
/// <param name="Namespace">Empty for what has none.</param>
internal readonly record struct EndIdentity(string Kind, string Namespace, string Name)
{
    public static EndIdentity Of(Endpoint? end) => end switch
    {
        null => new EndIdentity("unknown", "", "?"),
        { Service.Length: > 0 } => new EndIdentity("service", end.Namespace, end.Service),
        { Workload.Length: > 0 } => OfWorkload(end.Namespace, end.Workload),
        { Pod.Length: > 0 } => new EndIdentity("pod", end.Namespace, end.Pod),
        { Node.Length: > 0 } => new EndIdentity("node", "", end.Node),
        { Zone.Length: > 0 } => new EndIdentity("zone", "", end.Zone),
        { Name.Length: > 0 } => new EndIdentity(end.AddressCount > 0 ? "outside" : "host", "", end.Name),
        { Ip.Length: > 0 } => new EndIdentity("address", "", end.Ip),
        { Namespace.Length: > 0 } => new EndIdentity("namespace", "", end.Namespace),
        _ => new EndIdentity("unknown", "", "?"),
    };

    /// <param name="workload">KIND/NAME</param>
    public static EndIdentity OfWorkload(string ns, string workload) => workload.Split('/', 2) is [var kind, var name]
        ? new EndIdentity(kind.ToLowerInvariant(), ns, name)
        : new EndIdentity("workload", ns, workload);

    /// <summary>What clients of this end call: itself, and the workload behind a service.</summary>
    public static IEnumerable<EndIdentity> Served(Endpoint? end)
    {
        yield return Of(end);
        if (end is { Service.Length: > 0, Workload.Length: > 0 })
            yield return OfWorkload(end.Namespace, end.Workload);
    }

    /// <summary>The same of an edge, whose service may have several workloads.</summary>
    public static IEnumerable<EndIdentity> Served(Edge edge) => edge.Destination is { Service.Length: > 0 } end
        ? Served(end).Concat(edge.DestinationWorkloads.Select(workload => OfWorkload(end.Namespace, workload)))
        : Served(edge.Destination);

    /// <summary>
    /// As a command takes it: <c>shop/deployment/web</c>, <c>node/n1</c>; what is outside has only its name.
    /// </summary>
    public override string ToString() =>
        Namespace.Length > 0 ? $"{Namespace}/{Kind}/{Name}"
        : Kind is "node" or "zone" or "namespace" ? $"{Kind}/{Name}"
        : Name;
}
