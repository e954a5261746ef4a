using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// Drives the tracker: drains the kernel's records 50 times a second, reads the flow cache once a second, and hands
/// batches to the uplink while that has room. All of it on one thread, which owns the tracker and the table.
/// </summary>
internal sealed class ObservationLoop
{
    /// <summary>Batches that may wait for the uplink: the channel's capacity. Beyond, connections wait in the table.</summary>
    public const int BatchesWaiting = 4;

    private const int SightingsPerBatch = 512;
    private static readonly TimeSpan DrainEvery = TimeSpan.FromMilliseconds(20);
    private const long ScanEvery = Timing.Second;

    private const long ClockTremble = Timing.Second / 1000;

    /// <summary>The relay hears of an idle agent this often.</summary>
    private const long HeartbeatEvery = 5 * Timing.Second;

    private readonly BpfPrograms programs;
    private readonly ConnectionTable table;
    private readonly ConnectionTracker tracker;
    private readonly Resolutions resolutions = new();
    private readonly HostConnections hostConnections = new();
    private readonly ChannelReader<InterfaceChange> interfaces;
    private readonly Func<AttachmentState> attachments;
    private readonly NodeAddresses node;
    private readonly Translations translations;
    private readonly Channel<Batch> batches;
    private readonly TimeProvider time;
    private readonly RecordRing.Handler onRecord;
    private readonly FlowCache.Handler onGrowth;
    private ulong sequence;
    private long bootTime;
    private long lastBatch;
    private volatile Tallies tallies = new(0, default, 0);

    public ObservationLoop(
        BpfPrograms programs,
        ConnectionTable table,
        ConnectionTracker tracker,
        ChannelReader<InterfaceChange> interfaces,
        Func<AttachmentState> attachments,
        NodeAddresses node,
        Translations translations,
        Channel<Batch> batches,
        TimeProvider time)
    {
        this.programs = programs;
        this.table = table;
        this.tracker = tracker;
        this.interfaces = interfaces;
        this.attachments = attachments;
        this.node = node;
        this.translations = translations;
        this.batches = batches;
        this.time = time;
        onRecord = OnRecord;
        onGrowth = tracker.OnGrowth;
    }

    /// <summary>For metrics, from any thread: up to a second old.</summary>
    public Tallies Current => tallies;

    /// <summary>Until <paramref name="stop"/>; then what is known is handed over, as far as the uplink has room, and no more follows.</summary>
    public void Run(CancellationToken stop)
    {
        long nextScan = 0;
        while (!stop.IsCancellationRequested)
        {
            programs.Records.Drain(onRecord);
            while (interfaces.TryRead(out InterfaceChange change))
            {
                if (!change.Attached)
                    tracker.OnInterfaceGone(change.Index, Monotonic());
            }

            long now = Monotonic();
            if (now >= nextScan)
            {
                Scan(now);
                nextScan = now + ScanEvery;
            }

            HandOver(now);
            stop.WaitHandle.WaitOne(DrainEvery);
        }

        programs.Records.Drain(onRecord);
        Scan(Monotonic());
        HandOver(Monotonic());
        batches.Writer.Complete();
    }

    private void Scan(long now)
    {
        SetBootTime();
        programs.FollowConntrack();
        translations.FollowConntrack();
        programs.Cache.Scan(now, programs.Records.ReachedEnd, onGrowth);
        tracker.OnTime(now);
        Counters counters = programs.ReadCounters();
        // In the ring or in the queue for the relay: lost is lost.
        counters.LostAnswers += resolutions.Lost;
        counters.LostHostConnections += hostConnections.Lost;
        tallies = new Tallies(table.Count, counters, table.Lost);
    }

    private void OnRecord(ReadOnlySpan<byte> record)
    {
        switch (RecordRing.KindOf(record))
        {
            case RecordKind.Moment:
                tracker.OnMoment(in MemoryMarshal.AsRef<Moment>(record));
                break;
            case RecordKind.Eviction:
                programs.Cache.Evicted(in MemoryMarshal.AsRef<Eviction>(record), onGrowth);
                break;
            case RecordKind.Drop:
                Drop drop = MemoryMarshal.Read<Drop>(record);
                if (programs.TryExplain(ref drop))
                    tracker.OnDrop(in drop);
                break;
            case RecordKind.Answer:
                resolutions.OnAnswer(in MemoryMarshal.AsRef<Answer>(record));
                break;
            case RecordKind.HostConnection:
                hostConnections.OnConnection(in MemoryMarshal.AsRef<Kernel.HostConnection>(record));
                break;
        }
    }

    private void HandOver(long now)
    {
        translations.BeginPass();
        while ((table.HasUpdates || resolutions.HasMore || hostConnections.HasMore || now - lastBatch >= HeartbeatEvery) && HasRoom())
        {
            AttachmentState attached = attachments();
            Batch batch = new()
            {
                Sequence = ++sequence,
                Interfaces = (uint)attached.Attached,
                Attachments = attached.ToMessage(),
                Lost = new Lost
                {
                    Moments = tallies.Kernel.LostMoments,
                    Evictions = tallies.Kernel.LostEvictions,
                    Drops = tallies.Kernel.LostDrops,
                    Answers = tallies.Kernel.LostAnswers,
                    HostConnections = tallies.Kernel.LostHostConnections,
                    Sightings = table.Lost,
                },
            };
            // All of them: the sightings that come with or after them may need their names.
            while (resolutions.TryTake(bootTime, out Resolution? resolution))
                batch.Resolutions.Add(resolution);
            while (hostConnections.TryTake(bootTime, translations, out V1.HostConnection? connection))
                batch.HostConnections.Add(connection);
            while (batch.Sightings.Count < SightingsPerBatch && table.TryTakeUpdate(out Connection? connection))
            {
                translations.Ask(connection);
                batch.Sightings.Add(SightingWriter.Write(connection, bootTime, node));
            }

            if (!batches.Writer.TryWrite(batch))
                throw new UnreachableException("The loop is the only writer, and there was room.");
            lastBatch = now;
        }
    }

    private bool HasRoom() => batches.Reader.Count < BatchesWaiting;

    /// <summary>
    /// Unix time at which CLOCK_MONOTONIC was 0. It follows the clock where that is set, but not its tremble: a
    /// connection's opening is one moment, however often it is told.
    /// </summary>
    private void SetBootTime()
    {
        long latest = time.UnixNanoseconds() - Monotonic();
        if (Math.Abs(latest - bootTime) > ClockTremble)
            bootTime = latest;
    }

    /// <summary>On Linux the runtime's timestamp is CLOCK_MONOTONIC in ns, as the kernel's records have it.</summary>
    private static long Monotonic() => Stopwatch.GetTimestamp();
}

/// <param name="Connections">Held now.</param>
/// <param name="Kernel">Totals since the start; what was lost behind the ring is among it.</param>
/// <param name="LostSightings">Connections that there was no room for.</param>
internal sealed record Tallies(int Connections, Counters Kernel, ulong LostSightings);
