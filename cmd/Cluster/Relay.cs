using System.Runtime.CompilerServices;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Depmap.Plugin.Cluster;

/// <summary>A relay that has answered. All calls throw <see cref="RelayException"/> when it no longer does.</summary>
internal sealed class Relay : IDisposable
{
    private static readonly TimeSpan mapPatience = TimeSpan.FromSeconds(30);

    private readonly RelayRoute route;
    private readonly GrpcChannel channel;
    private readonly Queries.QueriesClient queries;
    private volatile bool connected;

    private Relay(RelayRoute route)
    {
        this.route = route;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = ConnectAsync,
            // A relay whose node vanished sends no FIN: ask whether it is still there.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        channel = GrpcChannel.ForAddress(
            "http://localhost", // the route leads to it, whatever its name
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = 64 << 20, // a map of some 200,000 edges
            });
        queries = new Queries.QueriesClient(channel);
    }

    /// <summary>As the relay states it.</summary>
    public string Version => Status.Version;

    /// <summary>Where it is, to be read after "the relay".</summary>
    public string Name => route.Name;

    /// <summary>Its first answer.</summary>
    public StatusResponse Status { get; private set; } = new();

    /// <summary>Connects, and waits for a first answer, so that silence is never taken for "no flows yet".</summary>
    public static async Task<Relay> OpenAsync(RelayRoute route, CancellationToken cancellation)
    {
        var relay = new Relay(route);
        try
        {
            relay.Status = await relay.queries.GetStatusAsync(
                new StatusRequest(), deadline: DateTime.UtcNow + route.Patience, cancellationToken: cancellation);
            return relay;
        }
        catch (RpcException failure)
        {
            relay.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw RelayFailure.NotReached(route, failure, relay.connected);
        }
    }

    /// <summary>Flows and reports of loss, as they come. With follow it ends by cancellation or by an error only.</summary>
    public async IAsyncEnumerable<ObserveResponse> ObserveAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using AsyncServerStreamingCall<ObserveResponse> call = queries.Observe(request, cancellationToken: cancellation);
        while (await MoveNextAsync(call.ResponseStream, cancellation))
            yield return call.ResponseStream.Current;

        if (request.Follow)
            throw new RelayException($"lost the relay {route.Name}: it ended the connection. Is it still running? Try again");
    }

    public async Task<MapResponse> GetMapAsync(MapRequest request, CancellationToken cancellation)
    {
        try
        {
            return await queries.GetMapAsync(request, deadline: DateTime.UtcNow + mapPatience, cancellationToken: cancellation);
        }
        catch (RpcException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(route, failure);
        }
    }

    public void Dispose() => channel.Dispose();

    private async Task<bool> MoveNextAsync(IAsyncStreamReader<ObserveResponse> stream, CancellationToken cancellation)
    {
        // Between two lines, also when many are waiting to be read.
        cancellation.ThrowIfCancellationRequested();
        try
        {
            return await stream.MoveNext(cancellation);
        }
        catch (RpcException failure)
        {
            cancellation.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(route, failure);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        Stream stream = await route.ConnectAsync(cancellation);
        connected = true;
        return stream;
    }
}
