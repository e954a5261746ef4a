using System.Buffers;
using System.Globalization;
using System.Text;
using Depmap.Plugin.Cluster.Streams;

namespace Depmap.Plugin.Cluster.Api.Spdy;

/// <summary>
/// A connection to one port of a pod over SPDY/3.1 (portforward.k8s.io), as kubectl uses it where a WebSocket is refused. It has two
/// streams, for data and for one error text. Frames are read only while data is, so that nothing is buffered.
/// </summary>
internal sealed class SpdyForward : AsyncStream
{
    public const string Upgrade = "SPDY/3.1";

    private const string Protocol = "portforward.k8s.io";
    private const uint ErrorStream = 1, DataStream = 3;
    private const uint Connection = 0; // instead of a stream
    private const uint RefusedStream = 3;
    private const uint InitialWindowSetting = 7;
    private const uint StreamBits = 0x7fff_ffff;
    private const int MaxDataLength = 32 * 1024;
    private const int MaxErrorLength = 4096;
    private const int ReportedWindow = 32 * 1024; // half of the default window

    private readonly HttpResponseMessage _response;
    private readonly Stream _network;
    private readonly FrameReader _frames;
    private readonly SendWindow _window = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly MemoryStream _error = new();
    private bool _isInData, _isLast, _hasEnded, _hasDataReply, _hasErrorReply;
    private int _unreported;

    private SpdyForward(HttpResponseMessage response, Stream network) =>
        (_response, _network, _frames) = (response, network, new FrameReader(network));

    /// <summary>Adds the headers that request SPDY.</summary>
    public static void AddUpgrade(HttpRequestMessage request)
    {
        request.Headers.Connection.Add("Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", Upgrade);
        request.Headers.TryAddWithoutValidation("X-Stream-Protocol-Version", Protocol);
    }

    /// <summary>Opens the streams and waits until the server has accepted the data stream: before, it ignores data.</summary>
    /// <param name="response">Disposed with this stream.</param>
    /// <exception cref="IOException">The server did not accept it.</exception>
    public static async Task<SpdyForward> OpenAsync(
        HttpResponseMessage response, Stream network, int port, CancellationToken cancellationToken)
    {
        var forward = new SpdyForward(response, network);
        try
        {
            await forward.OpenStreamsAsync(port.ToString(CultureInfo.InvariantCulture), cancellationToken);
            return forward;
        }
        catch
        {
            await forward.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (_isInData && await _frames.ReadAsync(buffer, cancellationToken) is > 0 and int count)
            {
                await ReportReadAsync(count, cancellationToken);
                return count;
            }

            _hasEnded |= _isInData && _isLast;
            _isInData = false;
            if (_hasEnded)
                return ErrorText() is { } error ? throw new IOException(error) : 0;
            await HandleNextAsync(cancellationToken);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int count = await _window.TakeAsync(Math.Min(buffer.Length, MaxDataLength), cancellationToken);
            byte[] frame = ArrayPool<byte>.Shared.Rent(FrameHeader.Size + count);
            try
            {
                Frames.WriteDataHeader(frame, DataStream, count);
                buffer[..count].CopyTo(frame.AsMemory(FrameHeader.Size));
                await SendAsync(frame.AsMemory(0, FrameHeader.Size + count), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(frame);
            }

            buffer = buffer[count..];
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _window.Close();
            _network.Dispose();
            _response.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task OpenStreamsAsync(string port, CancellationToken cancellationToken)
    {
        var headers = new HeaderBlock();
        byte[] error = Frames.Open(ErrorStream, headers.Encode(("streamtype", "error"), ("port", port), ("requestid", "0")));
        byte[] data = Frames.Open(DataStream, headers.Encode(("streamtype", "data"), ("port", port), ("requestid", "0")));
        await SendAsync((byte[])[.. error, .. data], cancellationToken);
        while (!_hasDataReply)
            await HandleNextAsync(cancellationToken);
        if (_hasEnded)
            throw new IOException(ErrorText() ?? "the API server refused to open the port");
    }

    /// <summary>Handles a frame, or the start of one with data.</summary>
    /// <exception cref="IOException">The end of the connection, or an error of the server.</exception>
    private async ValueTask HandleNextAsync(CancellationToken cancellationToken)
    {
        if (await _frames.NextAsync(cancellationToken) is not { } frame)
            throw Closed();
        switch (frame.Type)
        {
            case null when frame.StreamId == DataStream:
                (_isInData, _isLast) = (true, frame.IsLast);
                break;
            case null when frame.StreamId == ErrorStream:
                await ReadErrorAsync(frame, cancellationToken);
                break;
            case null:
                throw new IOException($"the API server sent data on an unexpected stream, {frame.StreamId}");
            case FrameType.SynReply:
                await AcceptReplyAsync(frame, cancellationToken);
                break;
            case FrameType.SynStream:
                await AnswerAsync(Frames.Reset(await ReadStreamAsync(cancellationToken), RefusedStream), cancellationToken);
                break;
            case FrameType.RstStream:
                await ReadResetAsync(cancellationToken);
                break;
            case FrameType.Settings:
                await ReadSettingsAsync(cancellationToken);
                break;
            case FrameType.Ping:
                await ReadPingAsync(cancellationToken);
                break;
            case FrameType.GoAway:
                // Streams up to the one it names go on.
                if (await ReadStreamAsync(cancellationToken) < DataStream)
                    throw Closed();
                break;
            case FrameType.WindowUpdate:
                await ReadWindowUpdateAsync(cancellationToken);
                break;
        }
    }

    private async ValueTask AcceptReplyAsync(FrameHeader frame, CancellationToken cancellationToken)
    {
        uint stream = await ReadStreamAsync(cancellationToken);
        if (stream == DataStream)
        {
            _hasDataReply = true;
            _hasEnded |= frame.IsLast;
        }
        else if (stream == ErrorStream && !_hasErrorReply)
        {
            _hasErrorReply = true;
            var end = new byte[FrameHeader.Size];
            Frames.WriteDataHeader(end, ErrorStream, 0, isLast: true); // nothing is written to it
            await AnswerAsync(end, cancellationToken);
        }
    }

    private async ValueTask ReadErrorAsync(FrameHeader frame, CancellationToken cancellationToken)
    {
        var part = new byte[Math.Min(frame.Length, MaxErrorLength)];
        while (await _frames.ReadAsync(part, cancellationToken) is > 0 and int count && _error.Length < MaxErrorLength)
            _error.Write(part, 0, Math.Min(count, MaxErrorLength - (int)_error.Length));
        if ((frame.IsLast || _error.Length == MaxErrorLength) && ErrorText() is { } error)
            throw new IOException(error);
    }

    private async ValueTask ReadResetAsync(CancellationToken cancellationToken)
    {
        uint stream = await ReadStreamAsync(cancellationToken), status = await _frames.ReadNumberAsync(cancellationToken);
        // Once the port is open, the data stream alone decides.
        if (stream == DataStream || !_hasErrorReply)
            throw new IOException(ErrorText() ?? $"the API server reset the port-forward (status {status} of {Upgrade})");
    }

    private async ValueTask ReadPingAsync(CancellationToken cancellationToken)
    {
        uint id = await _frames.ReadNumberAsync(cancellationToken);
        if (id % 2 == 0) // an odd one would answer a client's
            await AnswerAsync(Frames.Ping(id), cancellationToken);
    }

    private async ValueTask ReadWindowUpdateAsync(CancellationToken cancellationToken)
    {
        uint stream = await ReadStreamAsync(cancellationToken), bytes = await _frames.ReadNumberAsync(cancellationToken) & StreamBits;
        if (stream == DataStream)
            _window.AddToStream(bytes);
        else if (stream == Connection)
            _window.AddToConnection(bytes);
    }

    private async ValueTask ReadSettingsAsync(CancellationToken cancellationToken)
    {
        await _frames.ReadNumberAsync(cancellationToken); // their number, which follows from the length
        while (_frames.Left > 0)
        {
            uint setting = await _frames.ReadNumberAsync(cancellationToken) & 0xff_ffff;
            uint value = await _frames.ReadNumberAsync(cancellationToken);
            if (setting == InitialWindowSetting)
                _window.SetInitial(value & StreamBits);
        }
    }

    private async ValueTask<uint> ReadStreamAsync(CancellationToken cancellationToken) =>
        await _frames.ReadNumberAsync(cancellationToken) & StreamBits;

    // A server that keeps to windows waits for this.
    private async ValueTask ReportReadAsync(int count, CancellationToken cancellationToken)
    {
        _unreported += count;
        if (_unreported < ReportedWindow || _isLast)
            return;
        uint bytes = (uint)_unreported;
        _unreported = 0;
        await AnswerAsync(
            (byte[])[.. Frames.WindowUpdate(DataStream, bytes), .. Frames.WindowUpdate(Connection, bytes)], cancellationToken);
    }

    /// <summary>Sends what reading calls for. If it cannot be sent, what the server sent before is still to be read.</summary>
    private async ValueTask AnswerAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(frame, cancellationToken);
        }
        catch (IOException)
        {
            // Reading reports it.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> frames, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await _network.WriteAsync(frames, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private IOException Closed() => new(ErrorText() ?? "the API server closed the port-forward");

    private string? ErrorText() =>
        Encoding.UTF8.GetString(_error.GetBuffer(), 0, (int)_error.Length).Trim() is { Length: > 0 } text ? text : null;
}
