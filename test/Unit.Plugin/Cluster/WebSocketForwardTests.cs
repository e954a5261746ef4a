using System.Net.WebSockets;
using System.Text;
using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class WebSocketForwardTests
{
    private static readonly byte[][] Ports = [[0, 0xfe, 0x24], [1, 0xfe, 0x24]];

    [Fact]
    public async Task It_requests_the_port_and_transfers_bytes_in_both_directions()
    {
        string? requested = null;
        await using FakeHttpServer server = await StartAsync(async socket =>
        {
            foreach (byte[] port in Ports)
                await SendAsync(socket, port);
            byte[] received = await ReceiveAsync(socket);
            await SendAsync(socket, received);
            await SendAsync(socket, [0, .. "more"u8.ToArray()]);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        }, path => requested = path);
        using ApiServer api = Open(server);
        await using Stream stream = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        await stream.WriteAsync("ping"u8.ToArray());
        Assert.Equal("pingmore", Encoding.ASCII.GetString(await ReadAllAsync(stream, 3)));
        Assert.Equal("/api/v1/namespaces/depmap/pods/relay-1/portforward?ports=9470 v4.channel.k8s.io", requested);
    }

    [Fact]
    public async Task Long_and_fragmented_messages_are_read_completely()
    {
        byte[] large = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        await using FakeHttpServer server = await StartAsync(async socket =>
        {
            await SendAsync(socket, [0, 0xfe], isEnd: false); // the port in two fragments
            await SendAsync(socket, [0x24]);
            await SendAsync(socket, Ports[1]);
            await SendAsync(socket, [0, .. large]);
            await SendAsync(socket, [0], isEnd: false);
            await SendAsync(socket, large[..10], isEnd: false);
            await SendAsync(socket, large[10..20]);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        using ApiServer api = Open(server);
        await using Stream stream = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        byte[] expected = [.. large, .. large.Take(20)];
        Assert.Equal(expected, await ReadAllAsync(stream, 4000));
    }

    [Fact]
    public async Task A_message_on_the_error_channel_is_an_error()
    {
        await using FakeHttpServer server = await StartAsync(async socket =>
        {
            foreach (byte[] port in Ports)
                await SendAsync(socket, port);
            await SendAsync(socket, [1, .. "connection "u8.ToArray()], isEnd: false);
            await SendAsync(socket, "refused\n"u8.ToArray());
            await ReceiveAsync(socket);
        });
        using ApiServer api = Open(server);
        await using Stream stream = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream, 100));
        Assert.Equal("connection refused", failure.Message);
    }

    [Fact]
    public async Task A_broken_connection_is_an_error()
    {
        await using FakeHttpServer server = await StartAsync(async socket =>
        {
            await ReceiveAsync(socket);
            socket.Abort();
        });
        using ApiServer api = Open(server);
        await using Stream stream = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        await stream.WriteAsync("ping"u8.ToArray());
        await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream, 100));
    }

    private static ApiServer Open(FakeHttpServer server) =>
        new(new Connection(server.Address, "c", "default", "ann"), new EnvironmentProxy(_ => null));

    private static Task<FakeHttpServer> StartAsync(Func<WebSocket, Task> serve, Action<string>? requested = null) =>
        FakeHttpServer.StartAsync(async context =>
        {
            // Like the kubelet's server.
            if (context.Request.Headers.Accept is not [])
            {
                context.Response.StatusCode = StatusCodes.Status406NotAcceptable;
                return;
            }

            string protocols = string.Join(',', context.WebSockets.WebSocketRequestedProtocols);
            requested?.Invoke($"{context.Request.Path}{context.Request.QueryString} {protocols}");
            using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
            await serve(socket);
        });

    private static Task SendAsync(WebSocket socket, byte[] bytes, bool isEnd = true) =>
        socket.SendAsync(bytes, WebSocketMessageType.Binary, isEnd, default);

    private static async Task<byte[]> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[1000];
        WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, default);
        return buffer[..result.Count];
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, int atOnce)
    {
        var all = new List<byte>();
        var buffer = new byte[atOnce];
        while (await stream.ReadAsync(buffer) is > 0 and int count)
            all.AddRange(buffer[..count]);
        return [.. all];
    }
}
