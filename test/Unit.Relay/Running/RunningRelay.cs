using System.Net;
using System.Net.Sockets;
using Depmap.Relay.Names;
using Depmap.Relay.Options;
using Depmap.Relay.Tests.Names;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Relay.Tests.Running;

/// <summary>A relay in this process, on its own loopback ports, with the names of the test cluster.</summary>
internal sealed class RunningRelay : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private RunningRelay(WebApplication app) => _app = app;

    public V1.Queries.QueriesClient Queries => new(Channel(1));

    public V1.Intake.IntakeClient Intake => new(Channel(0));

    /// <summary>A client that connects from this loopback address.</summary>
    public V1.Intake.IntakeClient IntakeFrom(string address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new(Channel(0, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true }));
    }

    /// <summary>A client of the queries service on the intake port, which does not serve it.</summary>
    public V1.Queries.QueriesClient QueriesAtIntake => new(Channel(0));

    /// <param name="persist">The folder of the history; null to keep it in memory.</param>
    public static async Task<RunningRelay> Start(int flows = 1024, string? persist = null)
    {
        var options = new RelayOptions
        {
            Intake = new IPEndPoint(IPAddress.Loopback, 0),
            Queries = new IPEndPoint(IPAddress.Loopback, 0),
            Flows = flows,
            MaxFlows = 1000,
            MaxEdges = 100,
            Persist = persist,
            LogLevel = LogLevel.Error,
        };
        WebApplication app = RelayHost.Build(options);
        app.Services.GetRequiredService<NameTables>().Apply(TestCluster.CreateObjects(), 0);
        await RelayHost.Start(app, options);
        return new RunningRelay(app);
    }

    public T GetService<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    public Task Stop() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(c => c.Dispose());
        await _app.DisposeAsync();
    }

    private GrpcChannel Channel(int port, GrpcChannelOptions? options = null)
    {
        GrpcChannel channel = GrpcChannel.ForAddress("http://" + RelayHost.BoundAddresses(_app).ElementAt(port), options ?? new());
        _channels.Add(channel);
        return channel;
    }
}
