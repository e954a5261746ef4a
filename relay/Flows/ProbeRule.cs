using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>
/// Recognizes kubelet probes: a TCP connection from the pod's own node, directly to a port that the pod declares for a
/// liveness, readiness or startup probe. Another process on the node that connects to that port cannot be distinguished.
/// </summary>
internal static class ProbeRule
{
    public static bool IsProbe(in NamedFlow flow) =>
        flow.Protocol == Protocol.Tcp
        && flow.Service is null
        && flow.SourceOwner is { Pod: null } source
        && flow.DestinationOwner is { Pod: not null, ProbePorts: { } ports } destination
        && source.Node == destination.Node
        && ports.Contains(flow.Destination.Port);
}
