using System.Buffers.Binary;
using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>The server's side of a port-forward over SPDY/3.1, frame by frame.</summary>
internal sealed class SpdyServer(Stream network)
{
    public const uint Error = 1, Data = 3;

    /// <summary>A server that refuses WebSockets, as for a user who may only create port-forwards.</summary>
    public static Task<FakeHttpServer> StartAsync(Func<SpdyServer, Task> serve, Action<HttpRequest>? requested = null) =>
        FakeHttpServer.StartAsync(async context =>
        {
            requested?.Invoke(context.Request);
            if (context.Request.Method == "GET")
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                await context.Response.WriteAsync("""{"kind":"Status","message":"pods \"relay-1\" is forbidden"}""");
                return;
            }

            context.Response.Headers.Upgrade = "SPDY/3.1";
            await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await serve(new SpdyServer(stream));
        });

    /// <summary>Opens a port-forward to it.</summary>
    public static async Task<Stream> ForwardAsync(FakeHttpServer server)
    {
        var api = new ApiServer(new Connection(server.Address, "c", "default", "ann"), new EnvironmentProxy(_ => null));
        return await api.ForwardAsync("depmap", "relay-1", 9470, default);
    }

    /// <summary>Accepts both streams and reads the end of the one for errors.</summary>
    public async Task AcceptAsync()
    {
        await ReadFrameAsync();
        await ReadFrameAsync();
        await ReplyAsync(Error);
        Assert.Equal("00000001 01000000", await ReadFrameAsync());
        await ReplyAsync(Data);
    }

    /// <summary>SYN_REPLY; its headers are not looked at.</summary>
    public Task ReplyAsync(uint stream, bool isLast = false) =>
        SendAsync([0x80, 3, 0, 2, (byte)(isLast ? 1 : 0), 0, 0, 9, .. Number(stream), 1, 2, 3, 4, 5]);

    public Task SendDataAsync(uint stream, byte[] bytes, bool isLast = false) =>
        SendAsync([.. Number(stream), .. Number((uint)bytes.Length | (isLast ? 0x0100_0000u : 0)), .. bytes]);

    /// <summary>RST_STREAM, WINDOW_UPDATE or another frame of numbers.</summary>
    public Task SendControlAsync(byte type, params uint[] numbers) =>
        SendAsync([0x80, 3, 0, type, .. Number((uint)(4 * numbers.Length)), .. numbers.SelectMany(Number)]);

    public async Task SendAsync(byte[] bytes) => await network.WriteAsync(bytes);

    /// <returns>The frame as hexadecimal digits: its header, a space, and its payload if there is any.</returns>
    public async Task<string> ReadFrameAsync()
    {
        (byte[] header, byte[] payload) = await ReadAsync();
        string start = $"{Convert.ToHexStringLower(header[..4])} {Convert.ToHexStringLower(header[4..])}";
        return payload.Length == 0 ? start : $"{start} {Convert.ToHexStringLower(payload)}";
    }

    /// <summary>Reads until so many bytes of data have come.</summary>
    /// <param name="other">Called with the type of each control frame.</param>
    public async Task<byte[]> ReadDataAsync(int length, Action<int>? other = null)
    {
        var data = new List<byte>();
        while (data.Count < length)
        {
            (byte[] header, byte[] payload) = await ReadAsync();
            if (header[0] < 0x80)
                data.AddRange(payload);
            else
                other?.Invoke(header[3]);
        }

        return [.. data];
    }

    private async Task<(byte[] Header, byte[] Payload)> ReadAsync()
    {
        var header = new byte[8];
        await network.ReadExactlyAsync(header);
        var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)) & 0xff_ffff];
        await network.ReadExactlyAsync(payload);
        return (header, payload);
    }

    private static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
