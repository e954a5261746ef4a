using System.Net;
using System.Net.Sockets;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster;

/// <summary>A way to where a relay answers queries.</summary>
/// <param name="Name">To be read after "the relay", such as <c>at 127.0.0.1:9470</c>.</param>
/// <param name="Patience">For the connection and the first answer together.</param>
internal sealed record RelayRoute(string Name, TimeSpan Patience, Func<CancellationToken, ValueTask<Stream>> ConnectAsync)
{
    /// <summary>A relay's port for queries, on its pod's loopback.</summary>
    private const int QueriesPort = 9470;

    // A user knows within 5 s, on a busy machine as well.
    private static readonly TimeSpan Direct = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Forwarded = TimeSpan.FromSeconds(10);

    public static RelayRoute To(RelayAddress address) => new($"at {address}", Direct, cancellation => DialAsync(address, cancellation));

    /// <summary>By a port-forward.</summary>
    public static RelayRoute To(RelayPod pod, IApiServer server) => new(
        $"in pod {pod}", Forwarded, cancellation => ForwardAsync(pod, server, cancellation));

    private static async ValueTask<Stream> DialAsync(RelayAddress address, CancellationToken cancellationToken)
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
        catch (ForwardException refused) when (refused.Status == 403)
        {
            throw MissingRule.ToForward(pod.Namespace, refused);
        }
        catch (ForwardException refused)
        {
            throw new RelayException($"cannot reach the relay in pod {pod}: {refused.Message}", refused);
        }
    }
}
