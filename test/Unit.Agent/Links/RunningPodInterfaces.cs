using System.Diagnostics;
using System.Net;
using System.Threading.Channels;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests.Links;

/// <summary><see cref="PodInterfaces"/> at work in a test's namespace, with two counting programs.</summary>
internal sealed class RunningPodInterfaces : ILogger<PodInterfaces>, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<InterfaceChange> _changes;
    private readonly List<string> _log = [];
    private readonly Task _running;

    private RunningPodInterfaces(LinksNamespace node, Hook hook, string[] nodeAddresses, int channelSize, TimeSpan settle)
    {
        _changes = Channel.CreateBounded<InterfaceChange>(channelSize);
        Interfaces = new PodInterfaces(
            FromPod.Descriptor, ToPod.Descriptor, hook == Hook.Tcx ? AttachMode.Tcx : AttachMode.Clsact,
            [.. nodeAddresses.Select(IPAddress.Parse)], _changes.Writer, Own,
            devices => LeadToPods = devices, settle, this);
        _running = node.Run(() => Interfaces.RunAsync(_stop.Token));
    }

    public NodeAddresses Own { get; } = new();

    public CountingProgram FromPod { get; } = new();

    public CountingProgram ToPod { get; } = new();

    public PodInterfaces Interfaces { get; }

    public IReadOnlySet<int> LeadToPods { get; private set; } = new HashSet<int>();

    public static RunningPodInterfaces Begin(LinksNamespace node, Hook hook, int channelSize, params string[] nodeAddresses) =>
        new(node, hook, nodeAddresses, channelSize, settle: TimeSpan.Zero);

    /// <summary>By clsact, with interfaces left alone until they have settled. Returns before it is ready.</summary>
    public static RunningPodInterfaces BeginSettling(LinksNamespace node, TimeSpan settle) =>
        new(node, Hook.Clsact, [], 1024, settle);

    public static async Task<RunningPodInterfaces> StartAsync(LinksNamespace node, Hook hook, params string[] nodeAddresses)
    {
        RunningPodInterfaces watch = Begin(node, hook, 1024, nodeAddresses);
        await watch.Interfaces.Ready.WaitAsync(Patience);
        return watch;
    }

    public string[] Log
    {
        get
        {
            lock (_log)
                return [.. _log];
        }
    }

    public async Task<InterfaceChange> NextAsync() => await _changes.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>What has happened so far, and not been asked for.</summary>
    public IEnumerable<InterfaceChange> Rest()
    {
        while (_changes.Reader.TryRead(out InterfaceChange change))
            yield return change;
    }

    /// <summary>Waits until the state is as wanted.</summary>
    public async Task UntilAsync(Func<AttachmentState, bool> wanted)
    {
        for (var waited = Stopwatch.StartNew(); !wanted(Interfaces.State); await Task.Delay(10))
            Assert.True(waited.Elapsed < Patience, $"still {Interfaces.State}: {string.Join("; ", Log)}");
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        FromPod.Dispose();
        ToPod.Dispose();
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_log)
            _log.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
