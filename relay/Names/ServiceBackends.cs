using Depmap.Relay.Flows;

namespace Depmap.Relay.Names;

/// <summary>
/// The pods or nodes that may have served a flow to a service whose translation was not observed, such as one to the API server, which
/// has no interface with an agent.
/// </summary>
internal static class ServiceBackends
{
    private const int MaxBackends = 16;

    /// <summary>Whether the flow was to a service, and what served it is not known.</summary>
    public static bool IsUnknown(in NamedFlow flow) => flow is { Service: not null, Backend: null, DestinationOwner: null };

    /// <summary>The flow with each backend that its service has now; at most 16.</summary>
    public static List<NamedFlow> Expand(NamedFlow flow, ClusterNames names)
    {
        if (names.Services.Find(flow.Protocol, flow.Destination, flow.Time)?.Port is not { } port)
            return [];
        return
        [
            .. port.Backends.Take(MaxBackends).Select(backend => flow with
            {
                Backend = backend, DestinationOwner = names.ServerAt(flow.Protocol, backend, flow.Time, null),
            }),
        ];
    }
}
