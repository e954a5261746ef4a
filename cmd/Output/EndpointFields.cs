using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>One end of a flow or an edge in JSON, in the order printed. Null is absent.</summary>
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
    uint? PodPort)
{
    public static EndpointFields? Of(Endpoint? end) => end is null ? null : new EndpointFields(
        Known(end.Namespace),
        Known(end.Service),
        Known(end.Pod),
        Known(end.Workload),
        Known(end.Node),
        Known(end.Name),
        end.Names.Count > 0 ? [.. end.Names] : null,
        Known(end.Ip),
        Known(end.Port),
        Known(end.PodIp),
        Known(end.PodPort));

    private static string? Known(string value) => value.Length > 0 ? value : null;

    private static uint? Known(uint value) => value > 0 ? value : null;
}
