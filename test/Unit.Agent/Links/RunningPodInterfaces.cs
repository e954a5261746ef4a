using System.Net;
using System.Threading.Channels;
using Depmap.Agent.Links;
using Microsoft.Extensions.Logging;

namespace Depmap.Agent.Tests.Links;

/// <summary>A running <see cref="PodInterfaces"/> in a test's network namespace, with two counting programs.</summary>
internal sealed class RunningPodInterfaces : ILogger<PodInterfaces>, IAsyncDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<InterfaceChange> _changes;
    private readonly List<string> _log = [];
    private readonly Task _running;

    private RunningPodInterfaces(NetworkNamespace node, Hook hook, string[] nodeAddresses, int channelSize, TimeSpan settle)
    {
        _changes = Channel.CreateBounded<InterfaceChange>(channelSize);
        Interfaces = new PodInterfaces(
            FromPod.Descriptor, ToPod.Descriptor, hook == Hook.Tcx ? AttachMode.Tcx : AttachMode.Clsact,
            [.. nodeAddresses.Select(IPAddress.Parse)], _changes.Writer, OwnAddresses,
            devices => PodDevices = devices, settle, this);
        _running = node.Run(() => Interfaces.RunAsync(_stop.Token));
    }

    public NodeAddresses OwnAddresses { get; } = new();

    public CountingProgram FromPod { get; } = new();

    public CountingProgram ToPod { get; } = new();

    public PodInterfaces Interfaces { get; }

    public IReadOnlySet<int> PodDevices { get; private set; } = new HashSet<int>();

    public static RunningPodInterfaces Begin(NetworkNamespace node, Hook hook, int channelSize, params string[] nodeAddresses) =>
        new(node, hook, nodeAddresses, channelSize, settle: TimeSpan.Zero);

    /// <summary>Uses clsact with a settle time. Returns before it is ready.</summary>
    public static RunningPodInterfaces BeginSettling(NetworkNamespace node, TimeSpan settle) =>
        new(node, Hook.Clsact, [], 1024, settle);

    public static async Task<RunningPodInterfaces> StartAsync(NetworkNamespace node, Hook hook, params string[] nodeAddresses)
    {
        RunningPodInterfaces watch = Begin(node, hook, 1024, nodeAddresses);
        await watch.Interfaces.Ready.WaitAsync(WaitTimeout);
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

    /// <summary>Without the time, which differs from run to run.</summary>
    public async Task<InterfaceChange> NextAsync() =>
        await _changes.Reader.ReadAsync().AsTask().WaitAsync(WaitTimeout) with { Appeared = 0 };

    /// <summary>The changes that have not been read yet.</summary>
    public IEnumerable<InterfaceChange> PendingChanges()
    {
        while (_changes.Reader.TryRead(out InterfaceChange change))
            yield return change;
    }

    /// <summary>Waits until the state satisfies a condition.</summary>
    public Task UntilAsync(Func<AttachmentState, bool> wanted) =>
        Wait.UntilAsync(() => wanted(Interfaces.State), () => $"still {Interfaces.State}: {string.Join("; ", Log)}");

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running.WaitAsync(WaitTimeout);
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
