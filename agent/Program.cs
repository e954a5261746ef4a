using System.Diagnostics;
using System.Threading.Channels;
using Depmap.Agent;
using Depmap.Agent.Connections;
using Depmap.Agent.Health;
using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Depmap.Agent.Observation;
using Depmap.Agent.Options;
using Depmap.Agent.Uplink;
using Depmap.Common;
using Depmap.Common.Logging;
using Depmap.Common.Tls;
using Depmap.V1;
using Microsoft.Extensions.Logging;

return await new AgentCommand(Environment.GetEnvironmentVariable).RunAsync(args, Console.Out, Console.Error, async (options, stop) =>
{
    try
    {
        return await RunAsync(options, stop);
    }
    catch (Exception e) when (e is BpfException or TlsException or IOException)
    {
        Console.Error.WriteLine($"error: {e.Message}");
        return 1;
    }
});

// The pipeline: kernel → tracker → uplink. Data flows one way, and every stage is bounded.
static async Task<int> RunAsync(AgentOptions options, CancellationToken cancellationToken)
{
    TimeProvider timeProvider = TimeProvider.System;
    using StderrLoggerFactory logs = new(Console.Error, options.LogLevel, timeProvider);

    TlsFolder? tls = options.TlsFolder is { } folder ? new(folder) : null;

    // 1. Load the eBPF programs and choose how to attach them.
    KernelRequirements.Check();
    ILogger<BpfPrograms> log = logs.CreateLogger<BpfPrograms>();
    using BpfPrograms programs = Load(options, log);
    KernelFeatureSet features = programs.Features;
    AttachMode mode = options.Attach ?? (features.HasTcx ? AttachMode.Tcx : AttachMode.Clsact);
    log.Features(KernelRequirements.Release(), mode, features.Drops, features.HasSocketCgroups);

    // 2. Attach to pod interfaces as they are created and removed.
    Channel<InterfaceChange> changes = Channel.CreateBounded<InterfaceChange>(256);
    NodeAddresses ownAddresses = new();
    PodInterfaces interfaces = new(
        programs.FromPod, programs.ToPod, mode, options.NodeAddresses, changes.Writer, ownAddresses, programs.Devices.Set,
        PodInterfaces.SettleTime, logs.CreateLogger<PodInterfaces>());

    // 3. Send batches to the relay.
    Channel<Batch> batches = Channel.CreateBounded<Batch>(ObservationLoop.MaxQueuedBatches);
    Hello hello = new()
    {
        Node = options.Node,
        Epoch = (ulong)timeProvider.UnixNanoseconds(),
        Version = ProductVersion.Text,
        Kernel = KernelRequirements.Release(),
        AttachMode = mode.ToString().ToLowerInvariant(),
        Features = features.ToMessage(),
    };
    RelayUplink uplink = new(
        options.Relay, tls, hello, batches.Reader, () => ownAddresses.Report, timeProvider, logs.CreateLogger<RelayUplink>());

    // 4. Turn records into connections, and connections into batches.
    ConnectionTable table = new(options.MaxConnections);
    using Conntrack conntrack = new();
    ConnectionTracker tracker = new(
        table, programs.Reasons, conntrack.FindFlow, EphemeralPorts.Lowest(), started: Stopwatch.GetTimestamp());
    ObservationLoop loop = new(
        programs, table, tracker, changes.Reader, () => interfaces.State, ownAddresses,
        new TranslationLookup(conntrack, ownAddresses), new ConntrackDrops(conntrack.ReadCounters), batches, () => uplink.Streams,
        timeProvider);

    // 5. Serve health checks and metrics.
    HealthServer? health = null;
    if (options.Listen is not null
        && !HealthServer.TryBind(
            options.Listen, () => Metrics(hello, features, interfaces, loop, uplink), timeProvider, out health, out string? error))
    {
        await Console.Error.WriteLineAsync($"error: {error}");
        return 1;
    }

    using (health)
    {
        programs.AttachTracepoints();
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task watching = interfaces.RunAsync(ended.Token);
        Task reading = Task.Factory.StartNew(
            () => loop.Run(ended.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task sending = uplink.RunAsync(ended.Token);
        Task serving = health?.RunAsync(ended.Token) ?? Task.Delay(Timeout.Infinite, ended.Token);

        // When one task ends, all end; its exception ends the agent.
        await Task.WhenAny(watching, reading, sending, serving);
        await ended.CancelAsync();
        await Task.WhenAll(watching, reading, sending);
    }

    return 0;
}

static BpfPrograms Load(AgentOptions options, ILogger<BpfPrograms> log)
{
    try
    {
        return BpfPrograms.Load(options.FlowSlots);
    }
    catch (BpfException e)
    {
        foreach (string line in e.Log)
            log.Verifier(line);
        throw;
    }
}

static AgentMetrics Metrics(
    Hello hello, KernelFeatureSet features, PodInterfaces interfaces, ObservationLoop loop, RelayUplink uplink)
{
    ObservationCounters now = loop.Current;
    return new AgentMetrics
    {
        Version = hello.Version,
        Kernel = hello.Kernel,
        AttachMode = hello.AttachMode,
        Watching = interfaces.Ready.IsCompletedSuccessfully,
        Features = features,
        Interfaces = interfaces.State,
        Connections = now.Connections,
        UplinkConnected = uplink.Connected,
        BatchesSent = uplink.BatchesSent,
        BatchesAcknowledged = uplink.BatchesAcknowledged,
        LostMoments = now.Kernel.LostMoments,
        LostEvictions = now.Kernel.LostEvictions,
        LostDrops = now.Kernel.LostDrops,
        LostAnswers = now.Kernel.LostAnswers,
        LostHostConnections = now.Kernel.LostHostConnections,
        LostConnections = now.LostConnections,
    };
}
