using System.Net;
using System.Net.Sockets;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster;

/// <summary>A way to connect to a relay's port for queries.</summary>
/// <param name="Name">Follows the words "the relay" in messages, such as <c>at 127.0.0.1:9470</c>.</param>
/// <param name="Timeout">For the connection and the first response together.</param>
internal sealed record RelayRoute(string Name, TimeSpan Timeout, Func<CancellationToken, ValueTask<Stream>> ConnectAsync)
{
    /// <summary>The relay listens on this port of its pod's loopback.</summary>
    private const int QueriesPort = 9470;

    // A user gets a result or an error within 5 s, even on a busy machine.
    private static readonly TimeSpan DirectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ForwardTimeout = TimeSpan.FromSeconds(10);

    public static RelayRoute To(HostPort address) => new(
        $"at {address}", DirectTimeout, cancellationToken => ConnectDirectlyAsync(address, cancellationToken));

    /// <summary>Connects with a port-forward.</summary>
    public static RelayRoute To(RelayPod pod, IApiServer server) => new(
        $"in pod {pod}", ForwardTimeout, cancellationToken => ForwardAsync(pod, server, cancellationToken));

    private static async ValueTask<Stream> ConnectDirectlyAsync(HostPort address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(address.Host, address.Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async ValueTask<Stream> ForwardAsync(RelayPod pod, IApiServer server, CancellationToken cancellationToken)
    {
        try
        {
            return await server.ForwardAsync(pod.Namespace, pod.Name, QueriesPort, cancellationToken);
        }
        catch (ForwardException e) when (e.Status == 403)
        {
            throw RbacHint.PortForwardForbidden(pod.Namespace, e);
        }
        catch (ForwardException e)
        {
            throw new RelayException($"cannot reach the relay in pod {pod}: {e.Message}", e);
        }
        catch (ApiException e)
        {
            // Only this connection failed. The API server responded when the pod was found.
            throw new RelayException(e.Message, e);
        }
    }
}
