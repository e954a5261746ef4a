using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Depmap.Common;
using Depmap.Common.Tls;
using Depmap.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using ReportCall = Grpc.Core.AsyncDuplexStreamingCall<Depmap.V1.AgentMessage, Depmap.V1.Acknowledgement>;

namespace Depmap.Agent.Uplink;

/// <summary>
/// Sends batches to the relay over one stream at a time, and again over the next stream until they are acknowledged. While
/// the relay is unreachable, only the window is read from the channel, so the producer sees a full channel.
/// </summary>
/// <param name="relay">The relay's address; only <c>http://HOST:PORT</c>. The name is resolved again for each stream.</param>
/// <param name="tls">Certificates for mutual TLS; null for a connection without TLS.</param>
/// <param name="hello">The first message of each stream.</param>
/// <param name="batches">The batches to send, numbered by the producer, which completes the channel at the end.</param>
/// <param name="interfaceAddresses">
/// Returns the addresses of the node, another object after each change, or null. Each stream gets them, because it may lead to
/// another relay.
/// </param>
/// <param name="timeProvider">The clock for time stamps, back-off and timeouts.</param>
/// <param name="logger">Logs once when an outage begins and once when it ends.</param>
internal sealed partial class RelayUplink(
    Uri relay,
    TlsFolder? tls,
    Hello hello,
    ChannelReader<Batch> batches,
    Func<InterfaceAddresses?> interfaceAddresses,
    TimeProvider timeProvider,
    ILogger<RelayUplink> logger)
{
    /// <summary>Maximum number of unacknowledged batches.</summary>
    public const int WindowSize = 16;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly SendWindow _window = new(WindowSize);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), Random.Shared);
    private readonly AgentMessage _message = new();
    // Outlives a stream, so that no attempt leaves a waiter behind in the channel.
    private Task<bool>? _more;
    // As sent on the current stream.
    private InterfaceAddresses? _sentAddresses;
    private volatile bool _connected;
    private long? _awaySince;
    private int _streams;
    private long _sent;
    private long _acknowledged;

    /// <summary>Whether the relay has acknowledged a batch on the current stream.</summary>
    public bool Connected => _connected;

    /// <summary>Total number of streams that the relay accepted.</summary>
    public int Streams => Volatile.Read(ref _streams);

    /// <summary>Total number of batches sent; a batch that is sent again is counted again.</summary>
    public long BatchesSent => Volatile.Read(ref _sent);

    /// <summary>Total number of batches that the relay has acknowledged.</summary>
    public long BatchesAcknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>
    /// Runs until the channel is completed and all batches are acknowledged. On cancellation, a connected uplink has 2 s for
    /// that; one that is not connected ends at once.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var flushDeadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        using var stopping = cancellationToken.UnsafeRegister(_ => flushDeadline.CancelAfter(FlushTimeout), null);

        while (!cancellationToken.IsCancellationRequested)
        {
            string? error = await StreamAsync(cancellationToken, flushDeadline.Token);
            _connected = false;
            if (error is null || cancellationToken.IsCancellationRequested)
                return;

            if (_awaySince is null)
            {
                _awaySince = timeProvider.GetTimestamp();
                RelayAway(relay.Authority, error);
            }

            await Task.Delay(_backoff.Next(), timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Runs one stream from connecting to its end. Returns null if nothing is left to send, else why it failed.</summary>
    private async Task<string?> StreamAsync(CancellationToken stop, CancellationToken flushDeadline)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(flushDeadline);
        using var stopping = stop.UnsafeRegister(_ => CancelUnlessConnected(session), null);
        await using ITimer acknowledgeTimer = timeProvider.CreateTimer(
            _ => session.Cancel(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using GrpcChannel channel = OpenChannel();
        using ReportCall call = new Intake.IntakeClient(channel).Report(cancellationToken: session.Token);
        try
        {
            await WriteAsync(call, new AgentMessage { Hello = hello });
            return await TransferAsync(call, acknowledgeTimer, flushDeadline);
        }
        catch (Exception error) when (session.IsCancellationRequested && error is RpcException or IOException or OperationCanceledException)
        {
            return $"no acknowledgement for {AcknowledgeTimeout.TotalSeconds} s";
        }
        catch (Exception error) when (error is RpcException or IOException)
        {
            return DisconnectReason.Of(error);
        }
    }

    private async Task<string?> TransferAsync(ReportCall call, ITimer acknowledgeTimer, CancellationToken cancellationToken)
    {
        _window.Rewind();
        _sentAddresses = null;
        Volatile.Write(ref _streams, _streams + 1);
        Task<bool> acknowledged = call.ResponseStream.MoveNext();
        while (true)
        {
            while (_window.TryNext(out Batch? batch) || TryTake(out batch))
                await SendAsync(call, batch, acknowledgeTimer);
            bool last = batches.Completion.IsCompleted;
            if (last && _window.IsEmpty)
                return await EndAsync(call, acknowledged, acknowledgeTimer);

            if (last || !_window.HasRoom)
                await acknowledged;
            else
                await Task.WhenAny(acknowledged, _more ??= batches.WaitToReadAsync(cancellationToken).AsTask());
            if (_more is { IsCompleted: true })
                _more = null;

            if (!acknowledged.IsCompleted)
                continue;
            if (!await acknowledged)
                return "it ended the stream";
            Acknowledge(call.ResponseStream.Current.Sequence, acknowledgeTimer);
            acknowledged = call.ResponseStream.MoveNext();
        }
    }

    private void Acknowledge(ulong sequence, ITimer acknowledgeTimer)
    {
        Volatile.Write(ref _acknowledged, _acknowledged + _window.Acknowledge(sequence));
        acknowledgeTimer.Change(_window.IsEmpty ? Timeout.InfiniteTimeSpan : AcknowledgeTimeout, Timeout.InfiniteTimeSpan);
        if (_connected)
            return;

        // Not earlier: a relay that accepts the call may still reject the hello.
        _connected = true;
        _backoff.Reset();
        if (_awaySince is { } since)
            RelayBack(relay.Authority, (long)timeProvider.GetElapsedTime(since).TotalSeconds);
        else
            RelayConnected(relay.Authority);
        _awaySince = null;
    }

    private bool TryTake([NotNullWhen(true)] out Batch? batch)
    {
        batch = null;
        if (!_window.HasRoom || !batches.TryRead(out Batch? taken))
            return false;
        _window.Add(taken);
        return _window.TryNext(out batch);
    }

    private async Task SendAsync(ReportCall call, Batch batch, ITimer acknowledgeTimer)
    {
        if (_window.InFlight == 1)
            acknowledgeTimer.Change(AcknowledgeTimeout, Timeout.InfiniteTimeSpan);
        InterfaceAddresses? latest = interfaceAddresses();
        batch.InterfaceAddresses = ReferenceEquals(latest, _sentAddresses) ? null : latest;
        _sentAddresses = latest;
        batch.SentUnixNs = timeProvider.UnixNanoseconds();
        _message.Batch = batch;
        await WriteAsync(call, _message);
        Volatile.Write(ref _sent, _sent + 1);
    }

    private static async Task WriteAsync(ReportCall call, AgentMessage message)
    {
        try
        {
            await call.RequestStream.WriteAsync(message);
        }
        catch (InvalidOperationException)
        {
            // The call has ended; its status has the reason.
            throw new RpcException(call.GetStatus());
        }
    }

    /// <summary>Completes the stream, so that the relay does not treat it as broken.</summary>
    private static async Task<string?> EndAsync(ReportCall call, Task<bool> acknowledged, ITimer acknowledgeTimer)
    {
        acknowledgeTimer.Change(FlushTimeout, Timeout.InfiniteTimeSpan);
        await call.RequestStream.CompleteAsync();
        while (await acknowledged)
            acknowledged = call.ResponseStream.MoveNext();
        return null;
    }

    private void CancelUnlessConnected(CancellationTokenSource session)
    {
        if (!_connected)
            session.Cancel();
    }

    private GrpcChannel OpenChannel()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = ConnectTimeout,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
            // A proxy configured for the node's other programs is not meant for the agent.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        };
        if (tls is not null)
            handler.SslOptions = tls.Current().ForClient();
        Uri address = tls is null ? relay : new UriBuilder(relay) { Scheme = Uri.UriSchemeHttps }.Uri;
        return GrpcChannel.ForAddress(
            address, new GrpcChannelOptions { DisposeHttpClient = true, MaxReceiveMessageSize = 1024, HttpHandler = handler });
    }

    [LoggerMessage(LogLevel.Information, "connected to {Address}")]
    private partial void RelayConnected(string address);

    [LoggerMessage(LogLevel.Information, "connected to {Address} again after {Seconds} s")]
    private partial void RelayBack(string address, long seconds);

    [LoggerMessage(LogLevel.Warning, "cannot reach relay {Address}: {Reason}; retrying")]
    private partial void RelayAway(string address, string reason);
}
