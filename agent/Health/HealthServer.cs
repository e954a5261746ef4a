using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Depmap.Agent.Health;

/// <summary>
/// Serves <c>GET /healthz</c>, <c>GET /readyz</c> and <c>GET /metrics</c>, one request per connection. At most 16
/// connections are served at once, others wait; each has 5 s and a request head of up to 4 KiB.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    private const int Workers = 16;
    private const int MaxHeadSize = 4096;
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly Func<AgentMetrics> _metrics;
    private readonly TimeProvider _time;

    private HealthServer(Socket listener, Func<AgentMetrics> metrics, TimeProvider timeProvider)
    {
        _listener = listener;
        _metrics = metrics;
        _time = timeProvider;
    }

    /// <summary>The address it listens on, with the actual port if port 0 was requested.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Binds the port; requests are served once <see cref="RunAsync"/> is called.</summary>
    /// <param name="listen">An address of this host, or any (<c>0.0.0.0</c>; <c>[::]</c> for IPv4 as well).</param>
    /// <param name="metrics">Called for each request, from any thread.</param>
    /// <param name="timeProvider">The clock for timeouts.</param>
    /// <param name="server">The server, to be disposed by the caller.</param>
    /// <param name="error">The error message on failure: one line.</param>
    public static bool TryBind(
        IPEndPoint listen,
        Func<AgentMetrics> metrics,
        TimeProvider timeProvider,
        [NotNullWhen(true)] out HealthServer? server,
        [NotNullWhen(false)] out string? error)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (listen.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(listen);
            socket.Listen(Workers);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            server = null;
            error = $"cannot listen on {listen}: {ReasonOf(e)}. Try: --listen with another ADDRESS:PORT, or none";
            return false;
        }

        server = new HealthServer(socket, metrics, timeProvider);
        error = null;
        return true;
    }

    /// <summary>Serves requests until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => ServeClientsAsync(cancellationToken)));

    public void Dispose() => _listener.Dispose();

    private async Task ServeClientsAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[MaxHeadSize];
        while (!cancellationToken.IsCancellationRequested)
        {
            using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
            try
            {
                using Socket client = await _listener.AcceptAsync(cancellationToken);
                using var stopping = cancellationToken.UnsafeRegister(_ => deadline.Cancel(), null);
                deadline.CancelAfter(ClientTimeout);
                await RespondAsync(client, head, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                // The client was too slow, or the server is stopping.
            }
            catch (SocketException)
            {
                // The client disconnected, or no file descriptor is available: wait before the next attempt.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RespondAsync(Socket client, Memory<byte> head, CancellationToken cancellationToken)
    {
        int length = 0;
        int read;
        do
        {
            read = await client.ReceiveAsync(head[length..], cancellationToken);
            length += read;
        }
        while (read > 0 && length < head.Length && head.Span[..length].IndexOf("\r\n\r\n"u8) < 0);

        if (length == 0)
            return;
        await client.SendAsync(Response(head.Span[..length]), cancellationToken);

        // Closing with unread input would send a RST, which may overtake the response.
        client.Shutdown(SocketShutdown.Send);
        while (await client.ReceiveAsync(head, cancellationToken) > 0)
        {
        }
    }

    private byte[] Response(ReadOnlySpan<byte> head)
    {
        (string status, string type, string body) = Route(head);
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n" +
            $"Connection: close\r\n\r\n{body}");
    }

    private (string Status, string Type, string Body) Route(ReadOnlySpan<byte> head)
    {
        const string plain = "text/plain; charset=utf-8";
        if (head.IndexOf("\r\n\r\n"u8) < 0)
        {
            return head.Length == MaxHeadSize
                ? ("431 Request Header Fields Too Large", plain, "the request head is longer than 4096 bytes\n")
                : ("400 Bad Request", plain, "the request head is incomplete\n");
        }

        // RFC 9112 3: METHOD SP TARGET SP VERSION
        string line = Encoding.ASCII.GetString(head[..head.IndexOf("\r\n"u8)]);
        if (line.Split(' ') is not [string method, string target, string version] || !version.StartsWith("HTTP/1."))
            return ("400 Bad Request", plain, "not an HTTP/1.1 request\n");
        if (method != "GET")
            return ("405 Method Not Allowed\r\nAllow: GET", plain, "only GET is supported\n");

        switch (target.Split('?')[0])
        {
            case "/healthz":
                (bool healthy, string message) = HealthOf(_metrics());
                return (healthy ? "200 OK" : "503 Service Unavailable", plain, message + "\n");
            case "/readyz":
                (bool ready, string reason) = ReadinessOf(_metrics());
                return (ready ? "200 OK" : "503 Service Unavailable", plain, reason + "\n");
            case "/metrics":
                return ("200 OK", MetricsText.ContentType, MetricsText.Of(_metrics()));
            default:
                return ("404 Not Found", plain, "not found. Available: /healthz, /readyz, /metrics\n");
        }
    }

    // Restarting the agent would not bring the relay back, so the agent stays healthy for the kubelet.
    private static (bool Healthy, string Message) HealthOf(AgentMetrics now) => now switch
    {
        { Watching: false } => (false, "interfaces are not being watched"),
        { UplinkConnected: false } => (true, "ok, but the relay cannot be reached"),
        _ => (true, "ok"),
    };

    // Until the relay knows this node, it does not wait for the node's sightings, and a first flow could lack its server. The
    // relay's absence later does not make the node unready.
    private static (bool Ready, string Message) ReadinessOf(AgentMetrics now) => now switch
    {
        { Watching: false } => (false, "interfaces are not being watched"),
        { BatchesAcknowledged: 0 } => (false, "the relay has not been reached yet"),
        _ => (true, "ok"),
    };

    private static string ReasonOf(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use",
        SocketError.AddressNotAvailable => "this host has no such address",
        SocketError.AccessDenied => "ports below 1024 need CAP_NET_BIND_SERVICE",
        _ => e.Message,
    };
}
