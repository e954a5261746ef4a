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

/// <summary>A relay on a loopback port that answers what the test says, and keeps what it was asked.</summary>
internal sealed class FakeRelay : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly Answers _answers;

    private FakeRelay(WebApplication host, Answers answers)
    {
        _host = host;
        _answers = answers;
    }

    /// <summary>HOST:PORT.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Sent in this order; with follow the call then stays open.</summary>
    public List<ObserveResponse> Responses => _answers.Responses;

    public MapResponse Map => _answers.Map;

    public StatusResponse Status => _answers.Status;

    public ObserveRequest? Observed => _answers.Observed;

    public MapRequest? Mapped => _answers.Mapped;

    /// <summary>Answers an observer with this instead of an orderly end.</summary>
    public RpcException? Failure { set => _answers.Failure = value; }

    /// <summary>Ends a follow in good order, as a relay does that is told to stop.</summary>
    public bool EndsFollow { set => _answers.EndsFollow = value; }

    /// <param name="isRelay">False: a gRPC server, but no relay.</param>
    public static async Task<FakeRelay> StartAsync(bool isRelay = true)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var answers = new Answers();
        builder.Services.AddSingleton(answers);
        WebApplication host = builder.Build();
        if (isRelay)
            host.MapGrpcService<Answers>();
        await host.StartAsync();
        string address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new FakeRelay(host, answers) { Address = address["http://".Length..] };
    }

    /// <summary>A connection as a port-forward makes one.</summary>
    public async Task<Stream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(Address));
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Goes away as a killed relay does.</summary>
    public async Task StopAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await _host.StopAsync(atOnce.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _host.DisposeAsync();
    }

    private sealed class Answers : Queries.QueriesBase
    {
        public List<ObserveResponse> Responses { get; } = [];

        public MapResponse Map { get; } = new();

        public StatusResponse Status { get; } = new() { Version = "9.8.7" };

        public ObserveRequest? Observed { get; private set; }

        public MapRequest? Mapped { get; private set; }

        public RpcException? Failure { get; set; }

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
            Mapped = request;
            return Task.FromResult(Map);
        }

        public override Task<StatusResponse> GetStatus(StatusRequest request, ServerCallContext context) =>
            Task.FromResult(Status);
    }
}
