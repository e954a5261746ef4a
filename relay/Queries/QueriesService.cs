using Depmap.Relay.Agents;
using Depmap.Relay.Cluster;
using Depmap.Relay.Flows;
using Depmap.Relay.Map;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Queries;

/// <summary>Serves the readers' queries.</summary>
internal sealed class QueriesService(
    FlowRing ring,
    FlowRates rates,
    EdgeMap map,
    TimeProvider timeProvider,
    AgentRegistry agents,
    ChangeSignal changes,
    IHostApplicationLifetime relay,
    ReaderLimit readers,
    IServiceProvider services) : V1.Queries.QueriesBase
{
    public override async Task Observe(ObserveRequest request, IServerStreamWriter<ObserveResponse> responses, ServerCallContext context)
    {
        using ReaderLimit.Slot place = readers.TryEnter()
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{ReaderLimit.MaxReaders} readers are already connected"));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, relay.ApplicationStopping);
        try
        {
            await new FlowReader(ring, agents, changes, request).WriteTo(responses, stop.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException
            && stop.IsCancellationRequested)
        {
            throw new RpcException(relay.ApplicationStopping.IsCancellationRequested
                ? new Status(StatusCode.Unavailable, "the relay is stopping")
                : Status.DefaultCancelled);
        }
    }

    public override Task<MapResponse> GetMap(MapRequest request, ServerCallContext context)
    {
        var filter = new FlowFilter(request.Filter);
        (List<V1.Edge> edges, ulong unmapped) = map.Read(edge => (request.Probes || !edge.Probe) && filter.Passes(edge));
        return Task.FromResult(new MapResponse
        {
            Edges = { edges },
            Lost = new LostReport { Agents = agents.Lost.ToMessage() },
            UnmappedFlows = unmapped,
        });
    }

    public override Task<StatusResponse> GetStatus(StatusRequest request, ServerCallContext context) => Task.FromResult(new StatusResponse
    {
        Version = ProductVersion.Text,
        FlowsPublished = ring.Last,
        Ring = ring.Id,
        Api = services.GetService<ClusterWatch>()?.Status(),
        Agents =
        {
            agents.List().Select(CreateStatus),
        },
    });

    private AgentStatus CreateStatus(AgentState agent)
    {
        var status = new AgentStatus
        {
            Hello = agent.Hello,
            Connected = agent.Connected,
            Lost = agent.Lost.ToMessage(),
            Interfaces = agent.Interfaces,
            Attachments = agent.Attachments,
            LastHeardUnixNs = agent.LastReportAt,
            FlowsPerSecond = rates.PerSecond(agent.Hello.Node, timeProvider.UnixNanoseconds()),
        };
        if (agent.ClockSkew.Nanoseconds is { } skew)
            status.ClockSkewNs = skew;
        return status;
    }
}
