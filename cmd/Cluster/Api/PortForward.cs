using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// The bytes to and from one port of a pod, over the WebSocket that the API server makes of a request (v4.channel.k8s.io).
/// Each message begins with the number of its channel; the first on each channel is the port.
/// </summary>
internal sealed class PortForward : Stream
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte Data = 0;
    private const byte Error = 1;
    private const int PortBytes = 2;
    private const int LongestError = 4096;

    private readonly HttpResponseMessage response;
    private readonly WebSocket socket;
    private readonly SemaphoreSlim sending = new(1);
    private readonly byte[] received = new byte[32 * 1024];
    private readonly StringBuilder error = new();
    // Of the port's number, by channel.
    private readonly int[] toSkip = [PortBytes, PortBytes];
    private int start, end;
    private byte channel;
    private bool isInside;

    /// <param name="response">Goes with this.</param>
    public PortForward(HttpResponseMessage response, Stream network)
    {
        this.response = response;
        socket = WebSocket.CreateFromStream(
            network, new WebSocketCreationOptions { SubProtocol = Protocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
    }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Makes a request one for a WebSocket (RFC 6455, 4.1).</summary>
    public static void Ask(HttpRequestMessage request)
    {
        request.Headers.Connection.Add("Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", Protocol);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (start == end && !await ReceiveAsync(cancellationToken))
                return 0;
            ReadOnlyMemory<byte> rest = received.AsMemory(start, end - start);
            if (channel == Data)
            {
                int count = Math.Min(rest.Length, buffer.Length);
                rest[..count].CopyTo(buffer);
                start += count;
                return count;
            }

            start = end;
            error.Append(Encoding.UTF8.GetString(rest.Span));
            // It comes whole, and ends the connection.
            if (!isInside || error.Length > LongestError)
                throw new IOException(error.ToString().Trim());
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return;
        byte[] message = ArrayPool<byte>.Shared.Rent(buffer.Length + 1);
        message[0] = Data;
        buffer.CopyTo(message.AsMemory(1));
        await sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(message.AsMemory(0, buffer.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (WebSocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
        finally
        {
            sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Each write is sent at once.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
            response.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>False at the end.</returns>
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await socket.ReceiveAsync(received.AsMemory(), cancellation);
            }
            catch (WebSocketException failure)
            {
                throw new IOException("the API server ended the port-forward", failure);
            }

            if (result.MessageType == WebSocketMessageType.Close)
                return error.Length > 0 ? throw new IOException(error.ToString().Trim()) : false;
            (start, end) = (0, result.Count);
            if (!isInside && end > 0)
            {
                channel = received[start++];
                isInside = true;
            }

            if (result.EndOfMessage)
                isInside = false;
            if (channel > Error)
                throw new IOException($"the API server sent something on channel {channel}, which nobody asked for");
            int skipped = Math.Min(toSkip[channel], end - start);
            toSkip[channel] -= skipped;
            start += skipped;
            if (start < end)
                return true;
        }
    }
}
