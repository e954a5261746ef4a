using System.Runtime.CompilerServices;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Depmap.Plugin.Cluster;

/// <summary>A connection to a relay. All calls throw <see cref="RelayException"/> if the relay does not respond.</summary>
internal sealed class Relay : IDisposable
{
    private static readonly TimeSpan MapTimeout = TimeSpan.FromSeconds(30);

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
            // A relay whose node has failed sends no FIN.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        _channel = GrpcChannel.ForAddress(
            "http://localhost", // not used: ConnectCallback connects
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = 64 << 20, // a map of about 200,000 edges
            });
        _queries = new Queries.QueriesClient(_channel);
    }

    public string Version => Status.Version;

    /// <summary>Follows the words "the relay" in messages.</summary>
    public string Name => _route.Name;

    /// <summary>The relay's first response.</summary>
    public StatusResponse Status { get; private set; } = new();

    /// <summary>Connects and waits for a first response, so that an unresponsive relay is not mistaken for one without flows.</summary>
    public static async Task<Relay> OpenAsync(RelayRoute route, CancellationToken cancellationToken)
    {
        var relay = new Relay(route);
        try
        {
            relay.Status = await relay._queries.GetStatusAsync(
                new StatusRequest(), deadline: DateTime.UtcNow + route.Timeout, cancellationToken: cancellationToken);
            return relay;
        }
        catch (RpcException e)
        {
            relay.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.NotReached(route, e, relay._connected);
        }
    }

    /// <summary>Connects and asks for names, without a first request.</summary>
    public static async Task<NamesResponse> GetNamesAsync(RelayRoute route, NamesRequest request, CancellationToken cancellationToken)
    {
        using var relay = new Relay(route);
        try
        {
            return await relay._queries.NamesAsync(
                request, deadline: DateTime.UtcNow + route.Timeout, cancellationToken: cancellationToken);
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.NotReached(route, e, relay._connected);
        }
    }

    /// <summary>Streams flows and reports of lost data. With follow, it only ends by cancellation or an error.</summary>
    public async IAsyncEnumerable<ObserveResponse> ObserveAsync(
        ObserveRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using AsyncServerStreamingCall<ObserveResponse> call = _queries.Observe(request, cancellationToken: cancellationToken);
        while (await MoveNextAsync(call.ResponseStream, cancellationToken))
            yield return call.ResponseStream.Current;

        if (request.Follow)
            throw RelayFailure.Closed(_route);
    }

    public async Task<MapResponse> GetMapAsync(MapRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await _queries.GetMapAsync(request, deadline: DateTime.UtcNow + MapTimeout, cancellationToken: cancellationToken);
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(_route, e);
        }
    }

    public Task<ExplainResponse> ExplainAsync(ExplainRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _queries.ExplainAsync(request, options), cancellationToken);

    public Task<TrafficResponse> GetTrafficAsync(TrafficRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _queries.GetTrafficAsync(request, options), cancellationToken);

    public Task<CheckResponse> CheckPoliciesAsync(CheckRequest request, CancellationToken cancellationToken) =>
        CallAsync(options => _queries.CheckPoliciesAsync(request, options), cancellationToken);

    private async Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(new CallOptions(deadline: DateTime.UtcNow + MapTimeout, cancellationToken: cancellationToken));
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(_route, e);
        }
    }

    public void Dispose() => _channel.Dispose();

    private async Task<bool> MoveNextAsync(IAsyncStreamReader<ObserveResponse> stream, CancellationToken cancellationToken)
    {
        // Checked between any two lines, even if many are already received.
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await stream.MoveNext(cancellationToken);
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RelayFailure.Lost(_route, e);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        Stream stream = await _route.ConnectAsync(cancellationToken);
        _connected = true;
        return stream;
    }
}
