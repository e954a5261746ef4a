using System.Collections.Concurrent;
using System.Threading.Channels;
using Depmap.Agent.Uplink;
using Depmap.Common.Tls;
using Depmap.V1;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests.Uplink;

/// <summary>A running uplink with its input channel and its log.</summary>
internal sealed class RunningUplink : IAsyncDisposable
{
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(4);
    private readonly CancellationTokenSource _stop = new();
    private readonly RecordedLog _log = new();
    private ulong _sequence;

    public RunningUplink(Uri relay, double speedup = 1, TlsFolder? tls = null)
    {
        var hello = new Hello { Node = "node-a", Epoch = 7 };
        Uplink = new RelayUplink(relay, tls, hello, _batches.Reader, () => Addresses, new AcceleratedClock(speedup), _log);
        Running = Uplink.RunAsync(_stop.Token);
    }

    public RelayUplink Uplink { get; }

    public InterfaceAddresses? Addresses { get; set; }

    public Task Running { get; }

    public IEnumerable<string> Logged => _log.Lines;

    public int Waiting => _batches.Reader.Count;

    public async Task WriteAsync(int count)
    {
        for (int i = 0; i < count; i++)
            await _batches.Writer.WriteAsync(new Batch { Sequence = ++_sequence }).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    public void Complete() => _batches.Writer.Complete();

    public void Stop() => _stop.Cancel();

    /// <summary>Waits until this many lines were logged.</summary>
    public async Task LoggedAsync(int lines)
    {
        for (int i = 0; i < lines; i++)
            Assert.True(await _log.Written.WaitAsync(TimeSpan.FromSeconds(20)), "no further line was logged");
    }

    public async ValueTask DisposeAsync()
    {
        _batches.Writer.TryComplete();
        Stop();
        await Running.WaitAsync(TimeSpan.FromSeconds(20));
        _stop.Dispose();
    }

    private sealed class RecordedLog : ILogger<RelayUplink>
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public SemaphoreSlim Written { get; } = new(0);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
            Written.Release();
        }
    }
}
