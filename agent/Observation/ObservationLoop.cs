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
/// Drives the tracker: drains the ring buffer 50 times a second, reads the flow cache once a second, and sends batches to
/// the uplink while there is room. One thread runs all of it and owns the tracker and the table.
/// </summary>
internal sealed class ObservationLoop
{
    /// <summary>Capacity of the batch channel. When it is full, connections wait in the table.</summary>
    public const int MaxQueuedBatches = 4;

    private const int SightingsPerBatch = 512;

    // Each takes up to 850 bytes of a message, which may have 4 MiB.
    private const int ResolutionsPerBatch = 1024;
    private static readonly TimeSpan DrainInterval = TimeSpan.FromMilliseconds(20);
    private const long ScanInterval = Timing.Second;

    private const long ClockJitter = Timing.Second / 1000;

    /// <summary>An idle agent sends an empty batch this often.</summary>
    private const long HeartbeatInterval = 5 * Timing.Second;

    private readonly BpfPrograms _programs;
    private readonly ConnectionTable _table;
    private readonly ConnectionTracker _tracker;
    private readonly Resolutions _resolutions = new();
    private readonly HostConnections _hostConnections = new();
    private readonly ChannelReader<InterfaceChange> _interfaces;
    private readonly Func<AttachmentState> _attachments;
    private readonly NodeAddresses _node;
    private readonly TranslationLookup _translations;
    private readonly ConntrackDrops _conntrackDrops;
    private readonly Func<PacketEnds, PacketEnds> _translate;
    private readonly Channel<Batch> _batches;
    private readonly Func<int> _streams;
    private readonly TimeProvider _time;
    private readonly RecordRing.Handler _onRecord;
    private readonly FlowCache.Handler _onGrowth;
    private readonly Predicate<PacketEnds> _isOpen;
    private int _lastStreams;
    private ulong _sequence;
    private long _bootTime;
    private long _lastBatch;
    private volatile ObservationCounters _counters = new(0, default, 0);

    public ObservationLoop(
        BpfPrograms programs,
        ConnectionTable table,
        ConnectionTracker tracker,
        ChannelReader<InterfaceChange> interfaces,
        Func<AttachmentState> attachments,
        NodeAddresses node,
        TranslationLookup translations,
        ConntrackDrops conntrackDrops,
        Channel<Batch> batches,
        Func<int> streams,
        TimeProvider timeProvider)
    {
        _programs = programs;
        _table = table;
        _tracker = tracker;
        _interfaces = interfaces;
        _attachments = attachments;
        _node = node;
        _translations = translations;
        _translate = translations.Translate;
        _isOpen = translations.IsOpen;
        _conntrackDrops = conntrackDrops;
        _batches = batches;
        _streams = streams;
        _time = timeProvider;
        _onRecord = OnRecord;
        _onGrowth = tracker.OnGrowth;
    }

    /// <summary>For metrics; up to a second old. Safe to read from any thread.</summary>
    public ObservationCounters Current => _counters;

    /// <summary>
    /// Runs until cancelled. Then sends the remaining connections, as far as the uplink has room, and completes the channel.
    /// </summary>
    public void Run(CancellationToken cancellationToken)
    {
        long nextScan = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            _programs.Records.Drain(_onRecord);
            while (_interfaces.TryRead(out InterfaceChange change))
            {
                if (change.Attached)
                    _table.SetAppeared(change.Index, change.Appeared);
                else
                    _tracker.OnInterfaceRemoved(change.Index, Monotonic());
            }

            long now = Monotonic();
            if (now >= nextScan)
            {
                Scan(now);
                nextScan = now + ScanInterval;
            }

            SendBatches(now);
            cancellationToken.WaitHandle.WaitOne(DrainInterval);
        }

        _programs.Records.Drain(_onRecord);
        Scan(Monotonic());
        SendBatches(Monotonic());
        _batches.Writer.Complete();
    }

    private void Scan(long now)
    {
        UpdateBootTime();
        _programs.UpdateConntrackOffset();
        _translations.OpenConntrack();
        _programs.Cache.Scan(now, _programs.Records.ReachedEnd, _onGrowth);
        _tracker.OnTick(now);
        _conntrackDrops.OnScan();
        Counters counters = _programs.ReadCounters();
        // Lost in the ring buffer or in the queue: both count.
        counters.LostAnswers += _resolutions.Lost;
        counters.LostHostConnections += _hostConnections.Lost;
        _counters = new ObservationCounters(_table.Count, counters, Math.Max(_table.Lost, _counters.LostConnections));
    }

    private void OnRecord(ReadOnlySpan<byte> record)
    {
        switch (RecordRing.KindOf(record))
        {
            case RecordKind.Moment:
                _tracker.OnMoment(in MemoryMarshal.AsRef<Moment>(record));
                break;
            case RecordKind.Eviction:
                _programs.Cache.OnEvicted(in MemoryMarshal.AsRef<Eviction>(record), _onGrowth);
                break;
            case RecordKind.Drop:
                Drop drop = MemoryMarshal.Read<Drop>(record);
                if (!_programs.TryResolveReason(ref drop))
                    break;
                _conntrackDrops.Explain(ref drop, _programs.Reasons, Monotonic());
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

    private void SendBatches(long now)
    {
        _translations.BeginPass();
        RepeatForNewStream();
        while (HasRoom() && (HasUpdates || now - _lastBatch >= HeartbeatInterval))
        {
            AttachmentState attached = _attachments();
            Batch batch = new()
            {
                Sequence = ++_sequence,
                Interfaces = (uint)attached.Attached,
                Attachments = attached.ToMessage(),
                Lost = new Lost
                {
                    Moments = _counters.Kernel.LostMoments,
                    Evictions = _counters.Kernel.LostEvictions,
                    Drops = _counters.Kernel.LostDrops,
                    Answers = _counters.Kernel.LostAnswers,
                    HostConnections = _counters.Kernel.LostHostConnections,
                    Connections = _table.Lost,
                },
            };
            while (batch.Resolutions.Count < ResolutionsPerBatch && _resolutions.TryTake(_bootTime, out Resolution? resolution))
                batch.Resolutions.Add(resolution);
            while (_hostConnections.TryTake(_bootTime, _translate, out V1.HostConnection? connection))
                batch.HostConnections.Add(connection);
            // Sightings may need the names: they follow the last one.
            while (!_resolutions.HasMore && batch.Sightings.Count < SightingsPerBatch && _table.TryTakeUpdate(out Connection? connection))
            {
                _translations.LookUp(connection);
                batch.Sightings.Add(SightingWriter.Write(connection, _bootTime, _node.Current));
            }

            if (!_batches.Writer.TryWrite(batch))
                throw new UnreachableException("The loop is the only writer, and there was room.");
            _lastBatch = now;
        }
    }

    // The relay of a new stream may be another one, which knows neither names nor the connections of host-network pods.
    private void RepeatForNewStream()
    {
        int streams = _streams();
        if (streams == _lastStreams)
            return;
        if (_lastStreams > 0)
        {
            _resolutions.Repeat();
            _hostConnections.Repeat(_isOpen);
        }

        _lastStreams = streams;
    }

    private bool HasUpdates => _table.HasUpdates || _resolutions.HasMore || _hostConnections.HasMore;

    private bool HasRoom() => _batches.Reader.Count < MaxQueuedBatches;

    /// <summary>
    /// The Unix time at which CLOCK_MONOTONIC was 0. It follows changes of the system clock but ignores jitter: a connection's
    /// start time must not differ from report to report.
    /// </summary>
    private void UpdateBootTime()
    {
        long latest = _time.UnixNanoseconds() - Monotonic();
        if (Math.Abs(latest - _bootTime) > ClockJitter)
            _bootTime = latest;
    }

    /// <summary>On Linux the runtime's timestamp is CLOCK_MONOTONIC in ns, as in the kernel's records.</summary>
    private static long Monotonic() => Stopwatch.GetTimestamp();
}
