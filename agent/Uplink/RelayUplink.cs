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
/// Carries batches to the relay over one stream, and again over the next one until they are acknowledged. While the
/// relay is away nothing is taken from the channel beyond the window, so the producer sees a full channel.
/// </summary>
/// <param name="relay">Where the relay listens; only <c>http://HOST:PORT</c>. The name is looked up anew for each stream.</param>
/// <param name="tls">Makes it <c>https</c>, with certificates both ways; null for a connection in the clear.</param>
/// <param name="hello">Sent first on each stream.</param>
/// <param name="batches">What to send, numbered by the producer, who completes it after the last.</param>
/// <param name="timeProvider">The clock for time stamps, back-off and the wait for acknowledgements.</param>
/// <param name="logger">Told when the relay comes and goes, once for each outage.</param>
internal sealed partial class RelayUplink(
    Uri relay, TlsFolder? tls, Hello hello, ChannelReader<Batch> batches, TimeProvider timeProvider, ILogger<RelayUplink> logger)
{
    /// <summary>At most so many batches wait for an acknowledgement.</summary>
    public const int WindowSize = 16;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcknowledgeTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(2);

    private readonly SendWindow _window = new(WindowSize);
    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10), Random.Shared);
    private readonly AgentMessage _message = new();
    // Outlives a stream, so that no try leaves a waiter behind in the channel.
    private Task<bool>? _more;
    private volatile bool _connected;
    private long? _awaySince;
    private long _sent;
    private long _acknowledged;

    /// <summary>Whether the relay has acknowledged a batch on the present stream.</summary>
    public bool Connected => _connected;

    /// <summary>Batches sent, each time counted.</summary>
    public long BatchesSent => Volatile.Read(ref _sent);

    /// <summary>Batches that the relay holds.</summary>
    public long BatchesAcknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>
    /// Runs until the channel is completed and all of it acknowledged. After <paramref name="cancellationToken"/> a connected uplink
    /// has 2 s for that; one that is not connected ends at once.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        using var stopping = cancellationToken.UnsafeRegister(_ => late.CancelAfter(FlushTimeout), null);

        while (!cancellationToken.IsCancellationRequested)
        {
            string? fault = await StreamAsync(cancellationToken, late.Token);
            _connected = false;
            if (fault is null || cancellationToken.IsCancellationRequested)
                return;

            if (_awaySince is null)
            {
                _awaySince = timeProvider.GetTimestamp();
                RelayAway(relay.Authority, fault);
            }

            await Task.Delay(_backoff.Next(), timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One stream, from connecting to its end. Null: nothing is left to send; else why it broke.</summary>
    private async Task<string?> StreamAsync(CancellationToken stop, CancellationToken late)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(late);
        using var givingUp = stop.UnsafeRegister(_ => CancelUnlessConnected(session), null);
        await using ITimer overdue = timeProvider.CreateTimer(
            _ => session.Cancel(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using GrpcChannel channel = OpenChannel();
        using ReportCall call = new Intake.IntakeClient(channel).Report(cancellationToken: session.Token);
        try
        {
            await WriteAsync(call, new AgentMessage { Hello = hello });
            return await CarryAsync(call, overdue, late);
        }
        catch (Exception fault) when (session.IsCancellationRequested && fault is RpcException or IOException or OperationCanceledException)
        {
            return $"no acknowledgement for {AcknowledgeTimeout.TotalSeconds} s";
        }
        catch (Exception fault) when (fault is RpcException or IOException)
        {
            return AwayReason.Of(fault);
        }
    }

    private async Task<string?> CarryAsync(ReportCall call, ITimer overdue, CancellationToken cancellationToken)
    {
        _window.Rewind();
        Task<bool> acknowledged = call.ResponseStream.MoveNext();
        while (true)
        {
            while (_window.TryNext(out Batch? batch) || TryTake(out batch))
                await SendAsync(call, batch, overdue);
            bool last = batches.Completion.IsCompleted;
            if (last && _window.IsEmpty)
                return await EndAsync(call, acknowledged, overdue);

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
            Acknowledge(call.ResponseStream.Current.Sequence, overdue);
            acknowledged = call.ResponseStream.MoveNext();
        }
    }

    private void Acknowledge(ulong sequence, ITimer overdue)
    {
        Volatile.Write(ref _acknowledged, _acknowledged + _window.Acknowledge(sequence));
        overdue.Change(_window.IsEmpty ? Timeout.InfiniteTimeSpan : AcknowledgeTimeout, Timeout.InfiniteTimeSpan);
        if (_connected)
            return;

        // Not before: a relay that takes the call may still refuse the hello.
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

    private async Task SendAsync(ReportCall call, Batch batch, ITimer overdue)
    {
        if (_window.InFlight == 1)
            overdue.Change(AcknowledgeTimeout, Timeout.InfiniteTimeSpan);
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
            // The call is over; its status says why.
            throw new RpcException(call.GetStatus());
        }
    }

    /// <summary>Ends the stream in good order, so that the relay does not take it for a broken one.</summary>
    private static async Task<string?> EndAsync(ReportCall call, Task<bool> acknowledged, ITimer overdue)
    {
        overdue.Change(FlushTimeout, Timeout.InfiniteTimeSpan);
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
            // A proxy set for the node's other programs is none for us.
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        };
        if (tls is not null)
            handler.SslOptions = tls.ForClient();
        Uri address = tls is null ? relay : new UriBuilder(relay) { Scheme = Uri.UriSchemeHttps }.Uri;
        return GrpcChannel.ForAddress(
            address, new GrpcChannelOptions { DisposeHttpClient = true, MaxReceiveMessageSize = 1024, HttpHandler = handler });
    }

    [LoggerMessage(LogLevel.Information, "connected to {Address}")]
    private partial void RelayConnected(string address);

    [LoggerMessage(LogLevel.Information, "connected to {Address} again, after {Seconds} s")]
    private partial void RelayBack(string address, long seconds);

    [LoggerMessage(LogLevel.Warning, "relay {Address} is away: {Reason}; trying again")]
    private partial void RelayAway(string address, string reason);
}
