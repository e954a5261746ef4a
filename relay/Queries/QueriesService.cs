using Depmap.Relay.Agents;
using Depmap.Relay.Certificates;
using Depmap.Relay.Cluster;
using Depmap.Relay.Flows;
using Depmap.Relay.History;
using Depmap.Relay.Map;
using Depmap.Relay.Names;
using Depmap.Relay.Objects;
using Depmap.Relay.Policies;
using Depmap.Relay.Trial;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Relay.Queries;

/// <summary>Serves the readers' queries.</summary>
internal sealed class QueriesService(
    FlowRing ring,
    CloseRing closes,
    FlowRates rates,
    EdgeMap map,
    EdgeHistory history,
    TimeProvider timeProvider,
    AgentRegistry agents,
    NameTables names,
    TrafficTable traffic,
    KnownNodes knownNodes,
    RelayLost lost,
    ChangeSignal changes,
    IHostApplicationLifetime relay,
    ReaderLimit readers,
    FirstQuery firstQuery,
    IServiceProvider services) : V1.Queries.QueriesBase
{
    private const int MaxConflicts = 20;

    public override async Task Observe(ObserveRequest request, IServerStreamWriter<ObserveResponse> responses, ServerCallContext context)
    {
        using ReaderLimit.Slot place = readers.TryEnter()
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, $"{ReaderLimit.MaxReaders} readers are already connected"));
        firstQuery.Note();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, relay.ApplicationStopping);
        try
        {
            await new FlowReader(ring, closes, agents, lost, changes, request, Serving()).WriteTo(responses, stop.Token);
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
        firstQuery.Note();
        var filter = new FlowFilter(request.Filter, Serving());
        HistoryAnswer answer = Read(request);
        var response = new MapResponse
        {
            Lost = LostMessage.Create(agents.Lost, lost.Current),
            UnmappedFlows = answer.Unmapped,
            Gaps = { agents.ListGaps(timeProvider.UnixNanoseconds()) },
            CountedFromUnixNs = answer.From,
            CountedUntilUnixNs = answer.To,
            HistoryProblem = history.Problem ?? "",
        };
        foreach (V1.Edge edge in answer.Edges.Where(filter.Matches))
        {
            if (edge.Multicast && !request.IncludeMulticast)
                response.HiddenMulticast++;
            else if (filter.IsWanted(edge))
                response.Edges.Add(edge);
            else if (edge.Probe)
                response.HiddenProbes++;
            else
                response.HiddenDepmap++;
        }

        return Task.FromResult(response);
    }

    /// <summary>The map has what was counted since the relay started; without a file, that is more than the history has.</summary>
    private HistoryAnswer Read(MapRequest request)
    {
        if (history.IsPersistent || request.SinceUnixNs > history.StartedAt || request.UntilUnixNs > 0)
            return history.Read(request.SinceUnixNs, request.UntilUnixNs, request.WithNodes);
        (List<V1.Edge> edges, ulong unmapped) = map.Read(request.WithNodes);
        return new HistoryAnswer(edges, history.StartedAt, To: 0, unmapped);
    }

    public override Task<StatusResponse> GetStatus(StatusRequest request, ServerCallContext context)
    {
        List<AgentState> known = agents.List();
        IReadOnlyList<NodeObject> nodes = knownNodes.List();
        return Task.FromResult(new StatusResponse
        {
            Version = ProductVersion.Text,
            FlowsPublished = ring.Last,
            Ring = ring.Id,
            Api = services.GetService<ClusterWatch>()?.Status(),
            Certificates = services.GetService<ICertificates>()?.Status(),
            Agents = { known.Select(CreateStatus) },
            Nodes = (uint)nodes.Count,
            UnobservedNodes = { UnobservedNodes.Find(nodes, known) },
            AddressConflicts = { names.Current.Addresses.Contested.Take(MaxConflicts).Select(CreateConflict) },
            Lost = LostMessage.Create(agents.Lost, lost.Current),
            UnmappedFlows = map.Unmapped,
            Gaps = { agents.ListGaps(timeProvider.UnixNanoseconds()) },
            RefusedAgents = { agents.ListRefused(timeProvider.UnixNanoseconds()) },
            HistoryProblem = history.Problem ?? "",
        });
    }

    public override Task<NamesResponse> Names(NamesRequest request, ServerCallContext context) =>
        Task.FromResult(NameSearch.Find(names.Current.Known, request));

    public override Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context)
    {
        firstQuery.Note();
        return Task.FromResult(Explainer.Explain(request, names.Current, ring, timeProvider.UnixNanoseconds()));
    }

    public override Task<TrafficResponse> GetTraffic(TrafficRequest request, ServerCallContext context)
    {
        firstQuery.Note();
        return Task.FromResult(TrafficMessage.Create(traffic, names.Current, request));
    }

    public override Task<CheckResponse> CheckPolicies(CheckRequest request, ServerCallContext context)
    {
        firstQuery.Note();
        try
        {
            return Task.FromResult(TrafficMessage.Check(traffic, names.Current, request));
        }
        catch (ObjectsException e)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, e.Message));
        }
    }

    private ServingWorkloads Serving() => CurrentServingWorkloads.In(names.Current, timeProvider.UnixNanoseconds());

    private static AddressConflict CreateConflict(KeyValuePair<Address, List<PodObject>> contested) => new()
    {
        Address = contested.Key.ToString(),
        Pods = { contested.Value.Select(pod => $"{pod.Namespace}/{pod.Name}") },
    };

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
            InvalidReports = agent.InvalidReports,
            FlowsPerSecond = rates.PerSecond(agent.Hello.Node, timeProvider.UnixNanoseconds()),
        };
        if (agent.ClockSkew.Nanoseconds is { } skew)
            status.ClockSkewNs = skew;
        return status;
    }
}
