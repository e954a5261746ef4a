using System.Net;
using System.Net.Sockets;
using System.Text;
using Depmap.Agent.Health;
using Depmap.Agent.Kernel;
using Depmap.Agent.Links;

namespace Depmap.Agent.Tests.Health;

public class HealthServerTests : IAsyncLifetime
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private AgentMetrics _now = new()
    {
        Version = "0.1.0",
        Kernel = "6.1.0-\"odd\\one\"",
        AttachMode = "tcx",
        Watching = true,
        Features = new KernelFeatureSet(HasTcx: true, DropReasonSource.ByReason, HasSocketCgroups: true, HasConnectionRequests: true),
        Interfaces = new AttachmentState(Attached: 12, OneDirection: 1, Preceded: 2, Unobserved: 3, Waiting: 4, Failing: 5, Restored: 6),
        Connections = 345,
        UplinkConnected = true,
        BatchesSent = 678,
        BatchesAcknowledged = 677,
        LostMoments = 1,
        LostEvictions = 2,
        LostDrops = ulong.MaxValue,
        LostAnswers = 3,
        LostHostConnections = 5,
        LostConnections = 4,
    };

    private HealthServer _server = null!;
    private Task _running = null!;

    public Task InitializeAsync()
    {
        // The timeout of 5 s takes 1.7 s here.
        _server = Bind(AnyPort);
        _running = _server.RunAsync(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(TimeSpan.FromSeconds(5));
        _server.Dispose();
    }

    [Theory]
    [InlineData(true, true, HttpStatusCode.OK, "ok\n")]
    [InlineData(true, false, HttpStatusCode.OK, "ok, but the relay cannot be reached\n")]
    [InlineData(false, true, HttpStatusCode.ServiceUnavailable, "interfaces are not being watched\n")]
    public async Task The_agent_is_healthy_while_interfaces_are_watched(bool watching, bool connected, HttpStatusCode status, string body)
    {
        _now = _now with { Watching = watching, UplinkConnected = connected };
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync($"http://{_server.Address}/healthz");
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(true, true, 1, HttpStatusCode.OK, "ok\n")]
    [InlineData(true, false, 1, HttpStatusCode.OK, "ok\n")]
    [InlineData(true, true, 0, HttpStatusCode.ServiceUnavailable, "the relay has not been reached yet\n")]
    [InlineData(false, true, 1, HttpStatusCode.ServiceUnavailable, "interfaces are not being watched\n")]
    public async Task The_agent_is_ready_once_the_relay_was_reached(
        bool watching, bool connected, long acknowledged, HttpStatusCode status, string body)
    {
        _now = _now with { Watching = watching, UplinkConnected = connected, BatchesAcknowledged = acknowledged };
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync($"http://{_server.Address}/readyz");
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(body, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Metrics_are_in_the_text_format()
    {
        using var client = new HttpClient();
        using HttpResponseMessage response = await client.GetAsync($"http://{_server.Address}/metrics?x=1");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        await Snapshot.Match(await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found")]
    [InlineData("POST /metrics HTTP/1.1\r\nContent-Length: 9\r\n\r\nsome body", "HTTP/1.1 405 Method Not Allowed")]
    [InlineData("what?\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    [InlineData("GET /metrics HTTP/2.0\r\n\r\n", "HTTP/1.1 400 Bad Request")]
    [InlineData("GET /metrics HT", "HTTP/1.1 400 Bad Request")]
    public async Task A_bad_request_gets_a_response_and_the_connection_is_closed(string request, string status)
    {
        string response = await RequestAsync(request);
        Assert.StartsWith(status + "\r\n", response);
        Assert.Contains("\r\nConnection: close\r\n", response);
    }

    [Fact]
    public async Task A_request_head_that_is_too_long_is_rejected()
    {
        string response = await RequestAsync("GET / HTTP/1.1\r\nX: " + new string('x', 100_000));
        Assert.StartsWith("HTTP/1.1 431 ", response);
    }

    [Fact]
    public async Task A_request_in_several_segments_is_read()
    {
        using Socket client = await ConnectAsync();
        foreach (string piece in (string[])["GET /hea", "lthz HTTP/1.1\r", "\n\r", "\n"])
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(piece));
            await Task.Delay(10);
        }

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await ReadAllAsync(client));
    }

    [Fact]
    public async Task Slow_clients_are_disconnected_and_others_are_served()
    {
        var slow = new List<Socket>();
        for (int i = 0; i < 40; i++)
        {
            slow.Add(await ConnectAsync());
            await slow[i].SendAsync("GET /"u8.ToArray());
        }

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await RequestAsync("GET /healthz HTTP/1.1\r\n\r\n"));
        foreach (Socket client in slow)
        {
            Assert.Empty(await ReadAllAsync(client));
            client.Dispose();
        }
    }

    [Fact]
    public void A_port_in_use_is_reported_in_one_line()
    {
        Assert.False(HealthServer.TryBind(_server.Address, () => _now, TimeProvider.System, out _, out string? error));
        Assert.Equal($"cannot listen on {_server.Address}: the port is in use. Try: --listen with another ADDRESS:PORT, or none", error);
    }

    [Fact]
    public async Task A_port_can_be_used_again_at_once()
    {
        // The server closes first, so that the port has connections in TIME_WAIT.
        Assert.StartsWith("HTTP/1.1 200", await RequestAsync("GET /healthz HTTP/1.1\r\n\r\n"));
        IPEndPoint address = _server.Address;
        await DisposeAsync();
        _server = Bind(address);
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("::", "::1")]
    public async Task Any_address_can_be_listened_on(string listen, string from)
    {
        using var stop = new CancellationTokenSource();
        using HealthServer server = Bind(new IPEndPoint(IPAddress.Parse(listen), 0));
        Task running = server.RunAsync(stop.Token);
        using var client = new HttpClient();
        var address = new IPEndPoint(IPAddress.Parse(from), server.Address.Port);
        Assert.Equal("ok\n", await client.GetStringAsync($"http://{address}/healthz"));
        await stop.CancelAsync();
        await running;
    }

    private HealthServer Bind(IPEndPoint listen)
    {
        Assert.True(HealthServer.TryBind(listen, () => _now, new AcceleratedClock(3), out HealthServer? server, out string? error), error);
        return server;
    }

    private async Task<string> RequestAsync(string request)
    {
        using Socket client = await ConnectAsync();
        await client.SendAsync(Encoding.ASCII.GetBytes(request));
        client.Shutdown(SocketShutdown.Send);
        return await ReadAllAsync(client);
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_server.Address);
        return client;
    }

    private static async Task<string> ReadAllAsync(Socket client)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var all = new StringBuilder();
        byte[] part = new byte[4096];
        for (int read; (read = await client.ReceiveAsync(part, deadline.Token)) > 0;)
            all.Append(Encoding.UTF8.GetString(part, 0, read));
        return all.ToString();
    }
}
