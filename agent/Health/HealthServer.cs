using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Depmap.Agent.Health;

/// <summary>
/// Answers <c>GET /healthz</c>, <c>GET /readyz</c> and <c>GET /metrics</c>, one request a connection. At most 16 connections are served at
/// once, the next wait; each has 5 s and a request head of 4 KiB.
/// </summary>
internal sealed class HealthServer : IDisposable
{
    private const int Workers = 16;
    private const int LargestHead = 4096;
    private static readonly TimeSpan SlowestClient = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly Func<AgentMetrics> _metrics;
    private readonly TimeProvider _time;

    private HealthServer(Socket listener, Func<AgentMetrics> metrics, TimeProvider timeProvider)
    {
        _listener = listener;
        _metrics = metrics;
        _time = timeProvider;
    }

    /// <summary>Where it listens; the port is the one taken where 0 was asked for.</summary>
    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Takes the port; requests are answered once <see cref="RunAsync"/> runs.</summary>
    /// <param name="listen">An address of this host, or any (<c>0.0.0.0</c>; <c>[::]</c> for IPv4 as well).</param>
    /// <param name="metrics">Asked at each request, from any thread.</param>
    /// <param name="timeProvider">The clock for time-outs.</param>
    /// <param name="server">The server, to be disposed of.</param>
    /// <param name="error">Where it failed: one line for the user.</param>
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
        catch (SocketException fault)
        {
            socket?.Dispose();
            server = null;
            error = $"cannot listen on {listen}: {ReasonOf(fault)}; say --listen ADDRESS:PORT with another, or none";
            return false;
        }

        server = new HealthServer(socket, metrics, timeProvider);
        error = null;
        return true;
    }

    /// <summary>Answers until <paramref name="cancellationToken"/>.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(cancellationToken)));

    public void Dispose() => _listener.Dispose();

    private async Task WorkAsync(CancellationToken cancellationToken)
    {
        byte[] head = new byte[LargestHead];
        while (!cancellationToken.IsCancellationRequested)
        {
            using var deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
            try
            {
                using Socket client = await _listener.AcceptAsync(cancellationToken);
                using var stopping = cancellationToken.UnsafeRegister(_ => deadline.Cancel(), null);
                deadline.CancelAfter(SlowestClient);
                await AnswerAsync(client, head, deadline.Token);
            }
            catch (OperationCanceledException)
            {
                // A slow client, or the end.
            }
            catch (SocketException)
            {
                // The client went away, or no descriptor is left: not to be tried in a tight loop.
                await Task.Delay(TimeSpan.FromMilliseconds(100), _time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnswerAsync(Socket client, Memory<byte> head, CancellationToken cancellationToken)
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

        // Closing with unread input would send a RST, which may overtake the answer.
        client.Shutdown(SocketShutdown.Send);
        while (await client.ReceiveAsync(head, cancellationToken) > 0)
        {
        }
    }

    private byte[] Response(ReadOnlySpan<byte> head)
    {
        (string status, string type, string body) = Answer(head);
        return Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n" +
            $"Connection: close\r\n\r\n{body}");
    }

    private (string Status, string Type, string Body) Answer(ReadOnlySpan<byte> head)
    {
        const string plain = "text/plain; charset=utf-8";
        if (head.IndexOf("\r\n\r\n"u8) < 0)
        {
            return head.Length == LargestHead
                ? ("431 Request Header Fields Too Large", plain, "the request head is over 4096 bytes\n")
                : ("400 Bad Request", plain, "the request ended before its empty line\n");
        }

        // RFC 9112 3: METHOD SP TARGET SP VERSION
        string line = Encoding.ASCII.GetString(head[..head.IndexOf("\r\n"u8)]);
        if (line.Split(' ') is not [string method, string target, string version] || !version.StartsWith("HTTP/1."))
            return ("400 Bad Request", plain, "not a request of HTTP/1.1\n");
        if (method != "GET")
            return ("405 Method Not Allowed\r\nAllow: GET", plain, "only GET is answered\n");

        switch (target.Split('?')[0])
        {
            case "/healthz":
                (bool well, string sentence) = HealthOf(_metrics());
                return (well ? "200 OK" : "503 Service Unavailable", plain, sentence + "\n");
            case "/readyz":
                (bool ready, string why) = ReadinessOf(_metrics());
                return (ready ? "200 OK" : "503 Service Unavailable", plain, why + "\n");
            case "/metrics":
                return ("200 OK", MetricsText.ContentType, MetricsText.Of(_metrics()));
            default:
                return ("404 Not Found", plain, "there are /healthz, /readyz and /metrics\n");
        }
    }

    // A restart of the agent would not bring the relay back: the kubelet is told that all is well.
    private static (bool Well, string Sentence) HealthOf(AgentMetrics now) => now switch
    {
        { Watching: false } => (false, "interfaces are not being watched"),
        { UplinkConnected: false } => (true, "ok, but the relay is away"),
        _ => (true, "ok"),
    };

    // Until the relay knows of this node it waits for nothing from here, and a first flow would lack its server. Once
    // is enough: the relay's absence later makes no node unready.
    private static (bool Ready, string Sentence) ReadinessOf(AgentMetrics now) => now switch
    {
        { Watching: false } => (false, "interfaces are not being watched"),
        { BatchesAcknowledged: 0 } => (false, "the relay has not been reached yet"),
        _ => (true, "ok"),
    };

    private static string ReasonOf(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "the port is in use",
        SocketError.AddressNotAvailable => "this host has no such address",
        SocketError.AccessDenied => "ports below 1024 need CAP_NET_BIND_SERVICE",
        _ => fault.Message,
    };
}
