using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Depmap.Plugin.Cluster.Streams;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// A connection to one port of a pod over a WebSocket (v4.channel.k8s.io). Each message starts with its channel; the first on each
/// channel is the port. KubernetesClient's StreamDemuxer blocks HTTP/2, whose reads and writes run at the same time.
/// </summary>
internal sealed class WebSocketForward : AsyncStream
{
    private const string Protocol = "v4.channel.k8s.io";
    private const byte Data = 0;
    private const byte Error = 1;
    private const int PortBytes = 2;
    private const int MaxErrorLength = 4096;

    private readonly HttpResponseMessage _response;
    private readonly WebSocket _socket;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _received = new byte[32 * 1024];
    private readonly StringBuilder _error = new();
    // The bytes of the port that are still to come, by channel.
    private readonly int[] _portBytesLeft = [PortBytes, PortBytes];
    private int _start, _end;
    private byte _channel;
    private bool _isInsideMessage;

    /// <param name="response">Disposed with this stream.</param>
    public WebSocketForward(HttpResponseMessage response, Stream network)
    {
        _response = response;
        _socket = WebSocket.CreateFromStream(
            network, new WebSocketCreationOptions { SubProtocol = Protocol, KeepAliveInterval = Timeout.InfiniteTimeSpan });
    }

    /// <summary>Adds the headers that request a WebSocket (RFC 6455 4.1).</summary>
    public static void AddUpgrade(HttpRequestMessage request)
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
            if (_start == _end && !await ReceiveAsync(cancellationToken))
                return 0;
            ReadOnlyMemory<byte> rest = _received.AsMemory(_start, _end - _start);
            if (_channel == Data)
            {
                int count = Math.Min(rest.Length, buffer.Length);
                rest[..count].CopyTo(buffer);
                _start += count;
                return count;
            }

            _start = _end;
            _error.Append(Encoding.UTF8.GetString(rest.Span));
            // The error is one message and ends the connection.
            if (!_isInsideMessage || _error.Length > MaxErrorLength)
                throw new IOException(_error.ToString().Trim());
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return;
        byte[] message = ArrayPool<byte>.Shared.Rent(buffer.Length + 1);
        message[0] = Data;
        buffer.CopyTo(message.AsMemory(1));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _socket.SendAsync(
                message.AsMemory(0, buffer.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (WebSocketException failure)
        {
            throw new IOException(failure.Message, failure);
        }
        finally
        {
            _sending.Release();
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <returns>False at the end.</returns>
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await _socket.ReceiveAsync(_received.AsMemory(), cancellationToken);
            }
            catch (WebSocketException failure)
            {
                throw new IOException("the API server closed the port-forward", failure);
            }

            if (result.MessageType == WebSocketMessageType.Close)
                return _error.Length > 0 ? throw new IOException(_error.ToString().Trim()) : false;
            (_start, _end) = (0, result.Count);
            if (!_isInsideMessage && _end > 0)
            {
                _channel = _received[_start++];
                _isInsideMessage = true;
            }

            if (result.EndOfMessage)
                _isInsideMessage = false;
            if (_channel > Error)
                throw new IOException($"the API server sent data on an unexpected channel, {_channel}");
            int skipped = Math.Min(_portBytesLeft[_channel], _end - _start);
            _portBytesLeft[_channel] -= skipped;
            _start += skipped;
            if (_start < _end)
                return true;
        }
    }
}
