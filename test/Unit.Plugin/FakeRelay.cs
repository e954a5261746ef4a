using System.Net;
using System.Net.Sockets;
using Depmap.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Plugin.Tests;

/// <summary>A relay on a loopback port that returns the test's responses and records requests.</summary>
internal sealed class FakeRelay : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly QueriesService _service;

    private FakeRelay(WebApplication host, QueriesService service)
    {
        _host = host;
        _service = service;
    }

    /// <summary>HOST:PORT.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Sent in this order. With follow, the call then stays open.</summary>
    public List<ObserveResponse> Responses => _service.Responses;

    public MapResponse Map => _service.Map;

    public StatusResponse Status => _service.Status;

    public ExplainResponse Explained { set => _service.Explained = value; }

    public ExplainRequest? ExplainAsked => _service.ExplainAsked;

    public TrafficResponse Traffic { set => _service.Traffic = value; }

    public TrafficRequest? TrafficAsked => _service.TrafficAsked;

    public CheckResponse Checked { set => _service.Checked = value; }

    public CheckRequest? CheckAsked => _service.CheckAsked;

    public ObserveRequest? Observed => _service.Observed;

    public MapRequest? Mapped => _service.AllMapped.LastOrDefault();

    public IEnumerable<MapRequest> AllMapped => _service.AllMapped;

    /// <summary>What Names returns; null for a relay that is too old for it.</summary>
    public Func<NamesRequest, NamesResponse>? Names { set => _service.NamesOf = value; }

    /// <summary>Ends Observe and CheckPolicies with this error.</summary>
    public RpcException? Failure { set => _service.Failure = value; }

    /// <summary>Ends a follow without an error, like a relay that is stopped.</summary>
    public bool EndsFollow { set => _service.EndsFollow = value; }

    /// <param name="isRelay">False for a gRPC server that is not a relay.</param>
    public static async Task<FakeRelay> StartAsync(bool isRelay = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var service = new QueriesService();
        builder.Services.AddSingleton(service);
        WebApplication host = builder.Build();
        if (isRelay)
            host.MapGrpcService<QueriesService>();
        await host.StartAsync();
        string address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new FakeRelay(host, service) { Address = address["http://".Length..] };
    }

    /// <summary>Opens a connection like a port-forward.</summary>
    public async Task<Stream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(Address));
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Stops without closing streams, like a killed relay.</summary>
    public async Task StopAsync()
    {
        using var immediately = new CancellationTokenSource(TimeSpan.Zero);
        await _host.StopAsync(immediately.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _host.DisposeAsync();
    }

    private sealed class QueriesService : Queries.QueriesBase
    {
        public List<ObserveResponse> Responses { get; } = [];

        public MapResponse Map { get; } = new();

        public StatusResponse Status { get; } = new() { Version = "9.8.7" };

        public ObserveRequest? Observed { get; private set; }

        public List<MapRequest> AllMapped { get; } = [];

        public RpcException? Failure { get; set; }

        public ExplainResponse Explained { get; set; } = new();

        public ExplainRequest? ExplainAsked { get; private set; }

        public TrafficResponse Traffic { get; set; } = new();

        public TrafficRequest? TrafficAsked { get; private set; }

        public CheckResponse Checked { get; set; } = new();

        public CheckRequest? CheckAsked { get; private set; }

        public bool EndsFollow { get; set; }

        public override async Task Observe(
            ObserveRequest request, IServerStreamWriter<ObserveResponse> responses, ServerCallContext context)
        {
            Observed = request;
            foreach (ObserveResponse response in Responses)
                await responses.WriteAsync(response, context.CancellationToken);
            if (Failure is not null)
                throw Failure;
            if (request.Follow && !EndsFollow)
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }

        public override Task<MapResponse> GetMap(MapRequest request, ServerCallContext context)
        {
            AllMapped.Add(request);
            return Task.FromResult(Map);
        }

        public override Task<ExplainResponse> Explain(ExplainRequest request, ServerCallContext context)
        {
            ExplainAsked = request;
            return Task.FromResult(Explained);
        }

        public override Task<TrafficResponse> GetTraffic(TrafficRequest request, ServerCallContext context)
        {
            TrafficAsked = request;
            return Task.FromResult(Traffic);
        }

        public override Task<CheckResponse> CheckPolicies(CheckRequest request, ServerCallContext context)
        {
            CheckAsked = request;
            return Failure is null ? Task.FromResult(Checked) : throw Failure;
        }

        public Func<NamesRequest, NamesResponse>? NamesOf { get; set; }

        public override Task<NamesResponse> Names(NamesRequest request, ServerCallContext context) =>
            NamesOf is { } names ? Task.Run(() => names(request)) : base.Names(request, context);

        public override Task<StatusResponse> GetStatus(StatusRequest request, ServerCallContext context) =>
            Task.FromResult(Status);
    }
}
