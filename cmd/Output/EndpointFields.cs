using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The JSON fields of an endpoint of a flow or an edge, in output order. Null fields are left out.</summary>
internal sealed record EndpointFields(
    string? Namespace,
    string? Service,
    string? Pod,
    string? Workload,
    string? Node,
    string? Name,
    string[]? Names,
    string? Ip,
    uint? Port,
    string? PodIp,
    uint? PodPort,
    string? Zone = null,
    uint? Addresses = null,
    bool? MoreAddresses = null,
    string[]? Workloads = null)
{
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="hasMore">Whether a group has more addresses than counted.</param>
    /// <param name="workloads">Of an edge's service, if there are several.</param>
    public static EndpointFields? Of(Endpoint? endpoint, bool hasMore = false, IReadOnlyCollection<string>? workloads = null) =>
        endpoint is null ? null : new EndpointFields(
        Known(endpoint.Namespace),
        Known(endpoint.Service),
        Known(endpoint.Pod),
        Known(endpoint.Workload),
        Known(endpoint.Node),
        Known(endpoint.Name),
        endpoint.Names.Count > 0 ? [.. endpoint.Names] : null,
        Known(endpoint.Ip),
        Known(endpoint.Port),
        Known(endpoint.PodIp),
        Known(endpoint.PodPort),
        Known(endpoint.Zone),
        Known(endpoint.AddressCount),
        hasMore && endpoint.AddressCount > 0 ? true : null,
        workloads is { Count: > 0 } ? [.. workloads] : null);

    private static string? Known(string value) => value.Length > 0 ? value : null;

    private static uint? Known(uint value) => value > 0 ? value : null;
}
