using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Depmap.Agent.Connections;
using Depmap.Agent.Kernel;
using Depmap.Agent.Links;
using Depmap.Agent.Records;
using Depmap.Common;
using Depmap.V1;

namespace Depmap.Agent.Observation;

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

    private readonly BpfPrograms _programs;
    private readonly ConnectionTable _table;
    private readonly ConnectionTracker _tracker;
    private readonly Resolutions _resolutions = new();
    private readonly HostConnections _hostConnections = new();
    private readonly ChannelReader<InterfaceChange> _interfaces;
    private readonly Func<AttachmentState> _attachments;
    private readonly NodeAddresses _node;
    private readonly Translations _translations;
    private readonly Channel<Batch> _batches;
    private readonly TimeProvider _time;
    private readonly RecordRing.Handler _onRecord;
    private readonly FlowCache.Handler _onGrowth;
    private ulong _sequence;
    private long _bootTime;
    private long _lastBatch;
    private volatile Tallies _tallies = new(0, default, 0);

    public ObservationLoop(
        BpfPrograms programs,
        ConnectionTable table,
        ConnectionTracker tracker,
        ChannelReader<InterfaceChange> interfaces,
        Func<AttachmentState> attachments,
        NodeAddresses node,
        Translations translations,
        Channel<Batch> batches,
        TimeProvider timeProvider)
    {
        _programs = programs;
        _table = table;
        _tracker = tracker;
        _interfaces = interfaces;
        _attachments = attachments;
        _node = node;
        _translations = translations;
        _batches = batches;
        _time = timeProvider;
        _onRecord = OnRecord;
        _onGrowth = tracker.OnGrowth;
    }

    /// <summary>For metrics, from any thread: up to a second old.</summary>
    public Tallies Current => _tallies;

    /// <summary>Until <paramref name="cancellationToken"/>; then what is known is handed over, as far as the uplink has room, and no more follows.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        long nextScan = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            _programs.Records.Drain(_onRecord);
            while (_interfaces.TryRead(out InterfaceChange change))
            {
                if (!change.Attached)
                    _tracker.OnInterfaceGone(change.Index, Monotonic());
            }

            long now = Monotonic();
            if (now >= nextScan)
            {
                Scan(now);
                nextScan = now + ScanEvery;
            }

            HandOver(now);
            cancellationToken.WaitHandle.WaitOne(DrainEvery);
        }

        _programs.Records.Drain(_onRecord);
        Scan(Monotonic());
        HandOver(Monotonic());
        _batches.Writer.Complete();
    }

    private void Scan(long now)
    {
        SetBootTime();
        _programs.FollowConntrack();
        _translations.FollowConntrack();
        _programs.Cache.Scan(now, _programs.Records.ReachedEnd, _onGrowth);
        _tracker.OnTime(now);
        Counters counters = _programs.ReadCounters();
        // In the ring or in the queue for the relay: lost is lost.
        counters.LostAnswers += _resolutions.Lost;
        counters.LostHostConnections += _hostConnections.Lost;
        _tallies = new Tallies(_table.Count, counters, _table.Lost);
    }

    private void OnRecord(ReadOnlySpan<byte> record)
    {
        switch (RecordRing.KindOf(record))
        {
            case RecordKind.Moment:
                _tracker.OnMoment(in MemoryMarshal.AsRef<Moment>(record));
                break;
            case RecordKind.Eviction:
                _programs.Cache.Evicted(in MemoryMarshal.AsRef<Eviction>(record), _onGrowth);
                break;
            case RecordKind.Drop:
                Drop drop = MemoryMarshal.Read<Drop>(record);
                if (_programs.TryExplain(ref drop))
                    _tracker.OnDrop(in drop);
                break;
            case RecordKind.Answer:
                _resolutions.OnAnswer(in MemoryMarshal.AsRef<DnsAnswer>(record));
                break;
            case RecordKind.HostConnection:
                _hostConnections.OnConnection(in MemoryMarshal.AsRef<HostConnectionRecord>(record));
                break;
        }
    }

    private void HandOver(long now)
    {
        _translations.BeginPass();
        while ((_table.HasUpdates || _resolutions.HasMore || _hostConnections.HasMore || now - _lastBatch >= HeartbeatEvery) && HasRoom())
        {
            AttachmentState attached = _attachments();
            Batch batch = new()
            {
                Sequence = ++_sequence,
                Interfaces = (uint)attached.Attached,
                Attachments = attached.ToMessage(),
                Lost = new Lost
                {
                    Moments = _tallies.Kernel.LostMoments,
                    Evictions = _tallies.Kernel.LostEvictions,
                    Drops = _tallies.Kernel.LostDrops,
                    Answers = _tallies.Kernel.LostAnswers,
                    HostConnections = _tallies.Kernel.LostHostConnections,
                    Sightings = _table.Lost,
                },
            };
            // All of them: the sightings that come with or after them may need their names.
            while (_resolutions.TryTake(_bootTime, out Resolution? resolution))
                batch.Resolutions.Add(resolution);
            while (_hostConnections.TryTake(_bootTime, _translations.After, out V1.HostConnection? connection))
                batch.HostConnections.Add(connection);
            while (batch.Sightings.Count < SightingsPerBatch && _table.TryTakeUpdate(out Connection? connection))
            {
                _translations.Ask(connection);
                batch.Sightings.Add(SightingWriter.Write(connection, _bootTime, _node.Current));
            }

            if (!_batches.Writer.TryWrite(batch))
                throw new UnreachableException("The loop is the only writer, and there was room.");
            _lastBatch = now;
        }
    }

    private bool HasRoom() => _batches.Reader.Count < BatchesWaiting;

    /// <summary>
    /// Unix time at which CLOCK_MONOTONIC was 0. It follows the clock where that is set, but not its tremble: a
    /// connection's opening is one moment, however often it is told.
    /// </summary>
    private void SetBootTime()
    {
        long latest = _time.UnixNanoseconds() - Monotonic();
        if (Math.Abs(latest - _bootTime) > ClockTremble)
            _bootTime = latest;
    }

    /// <summary>On Linux the runtime's timestamp is CLOCK_MONOTONIC in ns, as the kernel's records have it.</summary>
    private static long Monotonic() => Stopwatch.GetTimestamp();
}
