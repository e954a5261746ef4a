using System.IO.Compression;
using System.Text;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>A port-forward over SPDY/3.1, against a server that reads and writes single frames.</summary>
public sealed class SpdyForwardTests
{
    private const int WindowUpdate = 9;

    private static readonly byte[] Large = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i * 7 + i / 1000))];

    [Fact]
    public async Task It_opens_the_streams_of_kubectl_and_then_sends_data()
    {
        List<string> frames = [];
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            frames.Add(await peer.ReadFrameAsync());
            frames.Add(await peer.ReadFrameAsync());
            await peer.ReplyAsync(SpdyServer.Error);
            frames.Add(await peer.ReadFrameAsync());
            await peer.ReplyAsync(SpdyServer.Data);
            frames.Add(await peer.ReadFrameAsync());
            await peer.SendDataAsync(SpdyServer.Data, "po"u8.ToArray());
            await peer.SendDataAsync(SpdyServer.Data, "ng"u8.ToArray(), isLast: true);
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        await stream.WriteAsync("ping"u8.ToArray());
        Assert.Equal("pong", Encoding.ASCII.GetString(await ReadAllAsync(stream)));
        Assert.Equal(0, await stream.ReadAsync(new byte[1])); // again

        // Headers are zlib's: a stored block, then an empty one. The first ones follow the identifier of the dictionary.
        string[] blocks = [.. frames.Take(2).Select(frame => frame.Split(' ')[2][20..])];
        Assert.StartsWith("78bbe3c6a7c2" + "00", blocks[0]);
        Assert.All(blocks, block => Assert.EndsWith("000000ffff", block));
        Assert.Equal(
            [
                "80030001 00000057 00000001000000000000",
                "80030001 00000050 00000003000000000000",
                "00000001 01000000",
                "00000003 00000004 70696e67",
            ],
            frames.Select((frame, i) => i < 2 ? frame[..38] : frame));
        byte[] deflated = Convert.FromHexString(blocks[0][12..] + blocks[1]);
        Assert.Equal(
            Headers("error") + Headers("data"),
            Encoding.ASCII.GetString(Inflate(deflated)));
    }

    [Fact]
    public async Task It_is_requested_as_kubectl_does()
    {
        var requests = new List<string>();
        await using FakeHttpServer server = await SpdyServer.StartAsync(
            peer => peer.AcceptAsync(),
            request => requests.Add($"{request.Method} {request.Path}{request.QueryString} {request.Headers.Upgrade} "
                + $"{request.Headers["X-Stream-Protocol-Version"]} {request.Headers.Accept} {request.ContentLength}"));
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        const string path = "/api/v1/namespaces/depmap/pods/relay-1/portforward";
        Assert.Equal([$"GET {path}?ports=9470 websocket   ", $"POST {path} SPDY/3.1 portforward.k8s.io  0"], requests);
    }

    [Fact]
    public async Task Large_data_passes_in_both_directions_at_once()
    {
        int updates = 0;
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            Task send = Task.Run(async () =>
            {
                foreach (byte[] part in Large.Chunk(70_001))
                    await peer.SendDataAsync(SpdyServer.Data, part);
            });
            // This server never sends WINDOW_UPDATE, as those of Kubernetes.
            byte[] received = await peer.ReadDataAsync(Large.Length, type => updates += type == WindowUpdate ? 1 : 0);
            await send;
            // At most 64 KiB are read without one for the stream and one for the connection.
            for (; updates < 2 * (Large.Length / (64 * 1024)); updates++)
                Assert.StartsWith("80030009 00000008 0000000", await peer.ReadFrameAsync());
            await peer.SendDataAsync(SpdyServer.Data, [.. received.Reverse()], isLast: true);
            await peer.ReadDataAsync(1); // until the client closes
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        Task write = stream.WriteAsync(Large).AsTask();
        byte[] all = await ReadAllAsync(stream);
        await write;
        Assert.Equal(Large, all[..Large.Length]);
        Assert.Equal(Large.Reverse(), all[Large.Length..]);
    }

    [Fact]
    public async Task A_server_that_keeps_to_windows_is_sent_no_more_than_it_allows()
    {
        var parts = new List<int>();
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendControlAsync(4, 1, 7, 50_000); // SETTINGS: the initial window, 14 KiB less than the default
            await peer.SendControlAsync(WindowUpdate, SpdyServer.Data, 1000);
            await peer.SendDataAsync(SpdyServer.Data, [1]);
            parts.Add((await peer.ReadDataAsync(51_000)).Length);
            await peer.SendControlAsync(WindowUpdate, SpdyServer.Data, 100_000);
            parts.Add((await peer.ReadDataAsync(65_536 - 51_000)).Length); // the rest of the connection's
            await peer.SendControlAsync(WindowUpdate, 0, 34_464);
            parts.Add((await peer.ReadDataAsync(34_464)).Length);
            await peer.SendDataAsync(SpdyServer.Data, [2], isLast: true);
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        await stream.ReadExactlyAsync(new byte[1]); // the windows are known
        Task<byte[]> read = ReadAllAsync(stream);
        await stream.WriteAsync(Large.AsMemory(0, 100_000));
        Assert.Equal([2], await read);
        Assert.Equal([51_000, 14_536, 34_464], parts);
    }

    [Fact]
    public async Task A_write_that_waits_for_a_window_ends_with_the_stream()
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendControlAsync(WindowUpdate, SpdyServer.Data, 1);
            await peer.SendDataAsync(SpdyServer.Data, [1]);
            await peer.ReadDataAsync(64 * 1024);
            await peer.ReadFrameAsync(); // nothing more
        });
        Stream stream = await SpdyServer.ForwardAsync(server);
        await stream.ReadExactlyAsync(new byte[1]);
        Task write = stream.WriteAsync(Large.AsMemory(0, 100_000)).AsTask();
        await Task.Delay(50);
        Assert.False(write.IsCompleted);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => write);
    }

    [Fact]
    public async Task A_write_that_waits_for_a_window_can_be_cancelled()
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendControlAsync(WindowUpdate, SpdyServer.Data, 1);
            await peer.SendDataAsync(SpdyServer.Data, [1]);
            await peer.ReadDataAsync(200_000);
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        await stream.ReadExactlyAsync(new byte[1]);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.WriteAsync(Large.AsMemory(0, 100_000), soon.Token).AsTask());
    }

    [Fact]
    public async Task Frames_beside_data_are_answered_or_ignored()
    {
        var answers = new List<string>();
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendControlAsync(6, 4); // PING
            answers.Add(await peer.ReadFrameAsync());
            await peer.SendControlAsync(6, 5); // the answer to a ping that was never sent
            await peer.SendControlAsync(1, 2, 0, 0); // SYN_STREAM
            answers.Add(await peer.ReadFrameAsync());
            await peer.SendControlAsync(8, SpdyServer.Data); // HEADERS
            await peer.SendControlAsync(99, 1, 2, 3);
            await peer.SendControlAsync(7, SpdyServer.Data, 0); // GOAWAY, after this stream
            await peer.SendControlAsync(3, SpdyServer.Error, 5); // RST_STREAM
            await peer.SendDataAsync(SpdyServer.Data, []);
            await peer.SendDataAsync(SpdyServer.Error, [], isLast: true);
            await peer.SendDataAsync(SpdyServer.Data, [7], isLast: true);
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        Assert.Equal([7], await ReadAllAsync(stream));
        Assert.Equal(["80030006 00000004 00000004", "80030003 00000008 0000000200000003"], answers);
    }

    [Fact]
    public async Task Data_can_be_sent_after_the_servers_end()
    {
        byte[] late = [];
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendDataAsync(SpdyServer.Data, [1], isLast: true);
            late = await peer.ReadDataAsync(4);
            await peer.ReadFrameAsync(); // the client closes
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        Assert.Equal([1], await ReadAllAsync(stream));
        await stream.WriteAsync("late"u8.ToArray());
        await Wait.UntilAsync(() => late.Length > 0);
        Assert.Equal("late"u8.ToArray(), late);
    }

    [Fact]
    public async Task Data_may_follow_before_the_other_stream_is_accepted()
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.ReadFrameAsync();
            await peer.ReadFrameAsync();
            await peer.ReplyAsync(SpdyServer.Data);
            await peer.SendDataAsync(SpdyServer.Data, [1, 2]);
            await peer.ReplyAsync(SpdyServer.Error);
            Assert.Equal("00000001 01000000", await peer.ReadFrameAsync());
            await peer.SendDataAsync(SpdyServer.Data, [3], isLast: true);
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        Assert.Equal([1, 2, 3], await ReadAllAsync(stream));
    }

    [Theory]
    [InlineData("00000001 0000000b 636f6e6e656374696f6e20 00000001 01000008 726566757365640a", "connection refused")] // two frames
    [InlineData("00000001 00000001 78 00000003 01000000", "x")]
    [InlineData("00000001 00000001 78", "x")] // the connection ends
    [InlineData("00000001 00000001 78 80030003 00000008 00000003 00000005", "x")]
    [InlineData("", "the API server closed the port-forward")]
    [InlineData("80030003 00000008 00000003 00000005", "the API server reset the port-forward (status 5 of SPDY/3.1)")]
    [InlineData("80030007 00000008 00000001 00000000", "the API server closed the port-forward")]
    [InlineData("0000", "the API server closed the port-forward within a frame")]
    [InlineData("00000003 00000004 6162", "the API server closed the port-forward within a frame")]
    [InlineData("80030009 00000004 00000003", "the API server sent an incomplete frame")]
    [InlineData("80030003 00000000", "the API server sent an incomplete frame")]
    [InlineData("80030006 00000003 000000", "the API server sent an incomplete frame")]
    [InlineData("80030004 00000008 ffffffff 00000007", "the API server sent an incomplete frame")]
    [InlineData("80030009 00000008 00000003 7fffffff", "the API server sent an invalid window size")]
    [InlineData("80030009 00000008 00000000 7fffffff", "the API server sent an invalid window size")]
    [InlineData("80030063 00ffffff 00", "the API server closed the port-forward within a frame")] // 16 MiB announced
    [InlineData("00000007 00000001 00", "the API server sent data on an unexpected stream, 7")]
    [InlineData("80020006 00000004 00000002", "the API server sent a frame of version 2 instead of SPDY/3.1")]
    [InlineData("48545450 2f312e31 20323030", "the API server sent data on an unexpected stream, 1213486160")]
    public async Task What_the_server_sends_wrongly_is_an_error(string hex, string error)
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            await peer.SendAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream));
        Assert.Equal(error, failure.Message);
    }

    [Fact]
    public async Task An_endless_error_is_cut()
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.AcceptAsync();
            for (int i = 0; i < 100; i++)
                await peer.SendDataAsync(SpdyServer.Error, Encoding.ASCII.GetBytes(new string('x', 1000)));
        });
        await using Stream stream = await SpdyServer.ForwardAsync(server);
        IOException failure = await Assert.ThrowsAsync<IOException>(() => ReadAllAsync(stream));
        Assert.Equal(new string('x', 4096), failure.Message);
    }

    private static string Headers(string type) =>
        $"\0\0\0\u0003\0\0\0\nstreamtype\0\0\0{(char)type.Length}{type}\0\0\0\u0004port\0\0\0\u00049470\0\0\0\trequestid\0\0\0\u00010";

    private static byte[] Inflate(byte[] deflated)
    {
        using var inflater = new DeflateStream(new MemoryStream(deflated), CompressionMode.Decompress);
        var plain = new byte[1000];
        int count = 0;
        while (inflater.Read(plain, count, plain.Length - count) is > 0 and int read)
            count += read;
        return plain[..count];
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }
}
