namespace Depmap.Support;

/// <summary>One end of a flow or edge.</summary>
public sealed record EndLine(
    string? Namespace,
    string? Service,
    string? Pod,
    string? Workload,
    string? Node,
    string? Name,
    string? Ip,
    int? Port,
    string? PodIp,
    int? PodPort);
