using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.Relay.Policies;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Explains why one end reaches another or not: the flows between them, the policies now, and the services' readiness.</summary>
internal static class Explainer
{
    private const int MaxFlows = 5, ChunkSize = 1024, MaxChecks = 20;

    public static ExplainResponse Explain(ExplainRequest request, ClusterNames names, FlowRing ring, long now)
    {
        ReferenceMatch source = ReferenceMatch.Find(request.Source ?? new Reference(), names, isDestination: false, now);
        ReferenceMatch destination = ReferenceMatch.Find(request.Destination ?? new Reference(), names, isDestination: true, now);
        var response = new ExplainResponse();
        HashSet<(Protocol, ushort)> called = AddFlows(response, request.Port, source, destination, ring);
        response.Source = source.Description;
        response.Destination = destination.Description;
        response.Nearest.Add(source.Nearest.Concat(destination.Nearest));
        var services = ServedPorts.OfServices(destination, names, request.Port);
        response.Services.Add(services.Select(pair => ServedPorts.Readiness(pair.Service, pair.Port, names)));
        AddChecks(response, names.Policies, [.. ServedPorts.Connections(source, destination, services, called, request.Port, names)]);
        return response;
    }

    // The ports of pods that were called.
    private static HashSet<(Protocol, ushort)> AddFlows(
        ExplainResponse response, uint port, ReferenceMatch source, ReferenceMatch destination, FlowRing ring)
    {
        HashSet<(Protocol, ushort)> called = [];
        var last = new Queue<Flow>();
        var chunk = new NamedFlow[ChunkSize];
        ulong cursor = ring.First, end = ring.Last;
        while (cursor <= end)
        {
            int count = ring.Read(ref cursor, chunk, out _);
            for (int i = 0; i < count; i++)
            {
                ref readonly NamedFlow flow = ref chunk[i];
                if (response.SinceUnixNs == 0 || flow.Time < response.SinceUnixNs)
                    response.SinceUnixNs = flow.Time;
                ushort served = (flow.Backend ?? flow.Destination).Port;
                if (flow.IsProbe || (port > 0 && flow.Destination.Port != port && served != port)
                    || !source.IsSource(flow) || !destination.IsDestination(flow))
                    continue;
                destination.AddEnd(flow);
                called.Add((flow.Protocol, served));
                if (flow.Decision.Verdict == Verdict.Forwarded)
                    response.Forwarded++;
                else
                    response.Dropped++;
                if (last.Count == MaxFlows)
                    last.Dequeue();
                last.Enqueue(FlowMessage.Create(flow, cursor - (ulong)(count - i)));
            }
        }

        response.Flows.Add(last.Reverse());
        return called;
    }

    private static void AddChecks(ExplainResponse response, PolicyTable policies, List<PolicyConnection> connections)
    {
        Dictionary<(ushort, Protocol, PolicyVerdict), PolicyCheck> checks = [];
        foreach (PolicyConnection connection in connections)
        {
            PolicyVerdict verdict = VerdictMessage.Create(policies, connection);
            if (!checks.TryGetValue((connection.Port, connection.Protocol, verdict), out PolicyCheck? check))
            {
                if (checks.Count == MaxChecks)
                    continue;
                checks.Add((connection.Port, connection.Protocol, verdict), check = new PolicyCheck
                {
                    Port = connection.Port,
                    Protocol = connection.Protocol,
                    Verdict = verdict,
                    Client = PodName(connection.Client),
                    Server = PodName(connection.Server),
                    AllPairs = (uint)connections.Count(each => each.Port == connection.Port && each.Protocol == connection.Protocol),
                });
                response.Checks.Add(check);
            }

            check.Pairs++;
        }
    }

    private static string PodName(PolicyEnd end) => end.Owner is { Pod: { } pod } owner ? $"{owner.Namespace}/{pod}" : $"{end}";
}
