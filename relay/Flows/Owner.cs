namespace Depmap.Relay.Flows;

/// <summary>The pod (when <see cref="Pod"/> is set) or node that an address belongs to.</summary>
/// <param name="Node">The node itself, or the node that the pod runs on.</param>
/// <param name="ProbePorts">TCP ports that the kubelet probes; null if there are none.</param>
/// <param name="Labels">The pod's labels; null if it has none.</param>
/// <param name="Ports">The pod's ports with names; null if there are none.</param>
/// <param name="HostNetwork">Whether the pod is on its node's network.</param>
internal sealed record Owner(
    string Node,
    string? Namespace = null,
    string? Pod = null,
    string? Workload = null,
    IReadOnlyList<ushort>? ProbePorts = null,
    LabelSet? Labels = null,
    IReadOnlyList<NamedPort>? Ports = null,
    bool HostNetwork = false);
