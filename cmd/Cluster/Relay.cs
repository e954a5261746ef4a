using System.Runtime.CompilerServices;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Depmap.Plugin.Cluster;

/// <summary>A relay that has answered. All calls throw <see cref="RelayException"/> when it no longer does.</summary>
internal sealed class Relay : IDisposable
{
    private static readonly TimeSpan MapPatience = TimeSpan.FromSeconds(30);

    private readonly RelayRoute _route;
    private readonly GrpcChannel _channel;
    private readonly Queries.QueriesClient _queries;
    private volatile bool _connected;

    private Relay(RelayRoute route)
    {
        _route = route;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = ConnectAsync,
            // A relay whose node vanished sends no FIN: ask whether it is still there.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        _channel = GrpcChannel.ForAddress(
            "http://localhost", // the route leads to it, whatever its name
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = 64 << 20, // a map of some 200,000 edges
            });
        _queries = new Queries.QueriesClient(_channel);
    }

    /// <summary>As the relay states it.</summary>
    public string Version => Status.Version;

    /// <summary>Where it is, to be read after "the relay".</summary>
    public string Name => _route.Name;

    /// <summary>Its first answer.</summary>
    public StatusResponse Status { get; private set; } = new();

    /// <summary>Connects, and waits for a first answer, so that silence is never taken for "no flows yet".</summary>
    public static async Task<Relay> OpenAsync(RelayRoute route, CancellationToken cancellationToken)
    {
        var relay = new Relay(route);
        try
        {
            relay.Status = await relay._queries.GetStatusAsync(
                new StatusRequest(), deadline: DateTime.UtcNow + route.Patience, cancellationToken: cancellationToken);
            return relay;
        }
        catch (RpcException failure)
        {
            relay.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.NotReached(route, failure, relay._connected);
        }
    }

    /// <summary>Flows and reports of loss, as they come. With follow it ends by cancellation or by an error only.</summary>
    public async IAsyncEnumerable<ObserveResponse> ObserveAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using AsyncServerStreamingCall<ObserveResponse> call = _queries.Observe(request, cancellationToken: cancellationToken);
        while (await MoveNextAsync(call.ResponseStream, cancellationToken))
            yield return call.ResponseStream.Current;

        if (request.Follow)
            throw new RelayException($"lost the relay {_route.Name}: it ended the connection. Is it still running? Try again");
    }

    public async Task<MapResponse> GetMapAsync(MapRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _queries.GetMapAsync(request, deadline: DateTime.UtcNow + MapPatience, cancellationToken: cancellationToken);
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(_route, failure);
        }
    }

    public void Dispose() => _channel.Dispose();

    private async Task<bool> MoveNextAsync(IAsyncStreamReader<ObserveResponse> stream, CancellationToken cancellationToken)
    {
        // Between two lines, also when many are waiting to be read.
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await stream.MoveNext(cancellationToken);
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(_route, failure);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Stream stream = await _route.ConnectAsync(cancellationToken);
        _connected = true;
        return stream;
    }
}
