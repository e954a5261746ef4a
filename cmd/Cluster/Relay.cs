using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Depmap.Plugin.Cluster;

/// <summary>A relay that has answered. All calls throw <see cref="RelayException"/> when it no longer does.</summary>
internal sealed class Relay : IDisposable
{
    // For the connection and the first answer together: a user knows within 5 s, on a busy machine as well.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan mapPatience = TimeSpan.FromSeconds(30);

    private readonly RelayAddress address;
    private readonly GrpcChannel channel;
    private readonly Queries.QueriesClient queries;
    private volatile bool connected;

    private Relay(RelayAddress address)
    {
        this.address = address;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = ConnectAsync,
            // A relay whose node vanished sends no FIN: ask whether it is still there.
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        channel = GrpcChannel.ForAddress(
            $"http://{address}",
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

    /// <summary>Its first answer.</summary>
    public StatusResponse Status { get; private set; } = new();

    /// <summary>Connects, and waits at most 3 s for a first answer, so that silence is never taken for "no flows yet".</summary>
    public static async Task<Relay> OpenAsync(RelayAddress address, CancellationToken cancellation)
    {
        var relay = new Relay(address);
        try
        {
            relay.Status = await relay.queries.GetStatusAsync(
                new StatusRequest(), deadline: DateTime.UtcNow + patience, cancellationToken: cancellation);
            return relay;
        }
        catch (RpcException failure)
        {
            relay.Dispose();
            cancellation.ThrowIfCancellationRequested();
            throw RelayFailure.NotReached(address, failure, relay.connected, patience);
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
            throw new RelayException($"lost the relay at {address}: it ended the connection. Is it still running? Try again");
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
            throw RelayFailure.Lost(address, failure);
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
            throw RelayFailure.Lost(address, failure);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(address.Host, address.Port), cancellation);
            connected = true;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
