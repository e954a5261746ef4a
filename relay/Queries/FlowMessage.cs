using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Converts flows to messages for readers.</summary>
internal static class FlowMessage
{
    public static Flow Create(in NamedFlow flow, ulong sequence)
    {
        V1.Endpoint source = CreateEndpoint(flow.SourceOwner, flow.Source);
        V1.Endpoint destination = CreateEndpoint(flow.DestinationOwner, flow.Destination);
        if (flow.Service is { } service)
        {
            destination.Namespace = service.Namespace;
            destination.Service = service.Name;
        }

        if (flow.ResolvedName is { } outside)
        {
            destination.Name = outside.Name;
            if (outside.All.Count > 1)
                destination.Names.Add(outside.All);
        }

        if (flow.Backend is { } backend)
        {
            destination.PodIp = backend.Address.ToString();
            destination.PodPort = backend.Port;
        }

        var message = new Flow
        {
            Sequence = sequence,
            Id = flow.Id,
            TimeUnixNs = flow.Time,
            Verdict = flow.Decision.Verdict,
            DropReason = flow.Decision.Reason,
            DropReasonDetail = flow.Decision.Detail ?? "",
            Protocol = flow.Protocol,
            Source = source,
            Destination = destination,
            Node = flow.Node,
            HandshakeNs = flow.HandshakeNs,
            Guessed = flow.Guessed,
            Probe = flow.IsProbe,
            Depmap = flow.IsOwn,
            Policy = flow.Policy,
        };
        if (flow.Close is { } close)
        {
            message.ClosedUnixNs = close.Time;
            message.BytesToServer = flow.BytesToServer;
            message.BytesToClient = flow.BytesToClient;
            message.PacketsToServer = close.PacketsToServer;
            message.PacketsToClient = close.PacketsToClient;
            message.DurationNs = (ulong)Math.Max(0, close.Duration ?? 0);
        }

        return message;
    }

    private static V1.Endpoint CreateEndpoint(Owner? owner, AddressPort end)
    {
        var named = new V1.Endpoint { Ip = end.Address.ToString(), Port = end.Port };
        if (owner is { Pod: not null })
            (named.Namespace, named.Pod, named.Workload) = (owner.Namespace!, owner.Pod, owner.Workload!);
        else if (owner is not null)
            named.Node = owner.Node;
        return named;
    }
}
