using System.Diagnostics.CodeAnalysis;
using Depmap.Relay.Map;
using Depmap.Relay.Policies;

namespace Depmap.Relay.History;

/// <summary>
/// What each edge counted in each minute, as growth of the map's edges. The sum over all minutes equals the counts of the map. A
/// correction belongs to the minute in which it is made: a flow that moves to another edge is subtracted from the first edge then.
/// With it, what policies see of the traffic. Thread-safe.
/// </summary>
internal sealed class EdgeHistory : IDisposable
{
    private readonly EdgeMap _map;
    private readonly TrafficTable _traffic;
    private readonly HistoryFolder _folder;
    private readonly TimeProvider _timeProvider;
    private readonly Action<string> _report;
    private readonly Lock _lock = new();

    // Growth that is taken from the map and not saved yet: usually empty.
    private readonly EdgeSums _unsaved = new();

    private IHistoryStore _store;
    private HistoryLimits _limits;
    private EdgeTable _edges;
    private DetailTable _details;
    private HistoryState _state;
    private string? _lasting, _failure;

    /// <param name="traffic">Saved with the edges, and read once.</param>
    /// <param name="report">Receives a line for each new problem.</param>
    public EdgeHistory(EdgeMap map, TrafficTable traffic, HistoryFolder folder, TimeProvider timeProvider, Action<string> report)
    {
        (_map, _traffic, _folder, _timeProvider, _report) = (map, traffic, folder, timeProvider, report);
        StartedAt = timeProvider.UnixNanoseconds();
        OpenStore(damage: null, StartedAt);
        // A clock that was ahead must not hide the flows from now on.
        map.RecordedUntil = Math.Min(_state.RecordedUntil, StartedAt);
    }

    /// <summary>When this relay started, and its map with it: Unix nanoseconds.</summary>
    public long StartedAt { get; }

    public bool IsPersistent
    {
        get
        {
            lock (_lock)
                return _store.IsPersistent;
        }
    }

    /// <summary>What the store takes, in bytes.</summary>
    public long Size
    {
        get
        {
            lock (_lock)
                return _store.Size;
        }
    }

    /// <summary>What is wrong with the history; null if nothing.</summary>
    public string? Problem
    {
        get
        {
            lock (_lock)
                return _failure ?? _lasting;
        }
    }

    /// <summary>Records what the edges counted since the last call.</summary>
    /// <param name="time">A time in the minute to record it for.</param>
    public void Record(DateTimeOffset time)
    {
        lock (_lock)
        {
            // After the clock was set back: what is folded stays as it is.
            long minute = Math.Max(UnixTime.Of(time) / UnixTime.Minute, _state.HoursTo * PeriodPlan.MinutesPerHour);
            TakeGrowth(minute);
            Guard(() => Save(minute));
        }
    }

    /// <summary>What edges counted in a period.</summary>
    /// <param name="since">Unix nanoseconds; 0 for all that is kept.</param>
    /// <param name="until">Unix nanoseconds; 0 for now.</param>
    /// <param name="withNodes">Also the traffic of each edge by pairs of nodes.</param>
    public HistoryAnswer Read(long since, long until, bool withNodes = false)
    {
        lock (_lock)
        {
            long now = _timeProvider.UnixNanoseconds();
            long to = until == 0 || until > now ? now : until;
            PeriodPlan plan = PeriodPlan.Of(
                Math.Max(since, _state.From), to, _store.IsPersistent ? _state.MinutesFrom : 0, _state.HoursTo);
            var sums = new EdgeSums();
            Guard(() => ReadInto(sums, plan.Ranges));

            long from = Math.Max(plan.From, _state.From);
            Dictionary<EdgeKey, HistoryEdge> edges = [];
            bool isLive = to >= Math.Max(_state.RecordedUntil, _state.From) && since <= now;
            if (isLive)
            {
                sums.Add(_unsaved);
                foreach (EdgeGrowth growth in _map.ReadGrowth(take: false))
                {
                    Find(edges, growth.Key).Add(
                        growth.Nodes, growth.Counts, Math.Max(growth.FirstSeen, from), growth.LastSeen, growth.ServerWorkload);
                }
            }

            long unmapped = 0;
            foreach ((long number, EdgeSum sum) in sums.All)
            {
                if (_edges.Find(number) is not { } edge)
                {
                    unmapped += Math.Max(0, sum.Counts.Forwarded + sum.Counts.Dropped);
                    continue;
                }

                long firstSeen = Math.Max(edge.FirstSeen, sum.FirstSeen == long.MaxValue ? from : sum.FirstSeen);
                Find(edges, edge.Key).Add(edge.Nodes, sum.Counts, firstSeen, sum.LastSeen, edge.ServerWorkload);
            }

            Dictionary<EdgeKey, V1.Edge> groups = _map.ReadGroups();
            List<V1.Edge> messages =
            [
                .. edges.Where(entry => !entry.Value.IsEmpty)
                    .Select(entry => entry.Value.ToMessage(withNodes, groups.GetValueOrDefault(entry.Key), from < StartedAt)),
            ];
            messages.Sort(EdgeMap.Compare);
            return new HistoryAnswer(messages, from, until == 0 || until >= now ? 0 : Math.Min(plan.To, now), (ulong)unmapped);
        }
    }

    public void Dispose() => _store.Dispose();

    private static HistoryEdge Find(Dictionary<EdgeKey, HistoryEdge> edges, in EdgeKey key)
    {
        if (!edges.TryGetValue(key, out HistoryEdge? edge))
            edges.Add(key, edge = new HistoryEdge(key));
        return edge;
    }

    private void TakeGrowth(long minute)
    {
        foreach (EdgeGrowth growth in _map.ReadGrowth(take: true))
        {
            KnownEdge edge = _edges.FindOrAdd(growth, minute / PeriodPlan.MinutesPerHour);
            _unsaved.Add(edge.Number, growth.Counts, minute * UnixTime.Minute, growth.LastSeen);
        }
    }

    private void Save(long minute)
    {
        long start = minute * UnixTime.Minute;
        HistoryState state = Advance(minute);
        long firstHour = state.From / PeriodPlan.Hour;
        _edges.RemoveBefore(firstHour);
        EdgeSums sums = ReadAll(new PeriodRange(PeriodLength.Minute, minute, minute + 1));
        sums.Add(_unsaved);
        byte[] growth = GrowthCodec.Write(sums, start, _details);
        // Not since when the file counts: a new file may have replaced a damaged one.
        long trafficFrom = RoundDown(start - ToNanoseconds(_limits.Hours));
        IReadOnlyList<TrafficEntry> traffic = _store.IsPersistent ? _traffic.ReadUnsaved() : [];

        // The details are numbered by then.
        var change = new HistoryChange
        {
            State = state,
            Edges = _edges.Changed,
            RemovedEdges = _edges.Removed,
            Details = _details.Unsaved,
            Traffic = traffic,
            RemoveTrafficBefore = trafficFrom,
            RemoveMinutesBefore = _limits.Hours == TimeSpan.Zero
                ? Math.Max(0, minute + 1 - (long)_limits.Minutes.TotalMinutes)
                : state.MinutesFrom * PeriodPlan.MinutesPerHour,
            RemoveHoursBefore = firstHour,
        };
        if (sums.All.Count > 0)
            change.Periods.Add((PeriodLength.Minute, minute, growth));
        for (long hour = _state.HoursTo; hour < state.HoursTo; hour++)
            Fold(hour, change);
        _store.Write(change);
        (_state, _failure) = (state, null);
        _edges.SetSaved();
        _details.SetSaved();
        if (_store.IsPersistent)
        {
            _traffic.SetSaved(traffic);
            _traffic.RemoveBefore(trafficFrom);
        }

        _unsaved.Clear();
        RemoveBeyondSize();
    }

    /// <summary>What the history covers once a minute is saved.</summary>
    private HistoryState Advance(long minute)
    {
        long until = _timeProvider.UnixNanoseconds();
        if (_limits.Hours == TimeSpan.Zero)
        {
            long from = Math.Max(_state.From, (minute + 1 - (long)_limits.Minutes.TotalMinutes) * UnixTime.Minute);
            return _state with { From = from, RecordedUntil = until };
        }

        long hour = minute / PeriodPlan.MinutesPerHour;
        long oldest = RoundDown((minute * UnixTime.Minute) - ToNanoseconds(_limits.Hours));
        long minutesFrom = RoundDown((minute * UnixTime.Minute) - ToNanoseconds(_limits.Minutes)) / PeriodPlan.Hour;
        return _state with
        {
            From = Math.Max(_state.From, oldest),
            RecordedUntil = until,
            MinutesFrom = Math.Max(_state.MinutesFrom, Math.Min(minutesFrom, hour)),
            HoursTo = Math.Max(_state.HoursTo, hour),
        };
    }

    /// <summary>Sums up the minutes of an hour that ended. They stay for a while, for shorter queries.</summary>
    private void Fold(long hour, HistoryChange change)
    {
        long first = hour * PeriodPlan.MinutesPerHour;
        EdgeSums sums = ReadAll(new PeriodRange(PeriodLength.Minute, first, first + PeriodPlan.MinutesPerHour));
        if (sums.All.Count > 0)
            change.Periods.Add((PeriodLength.Hour, hour, GrowthCodec.Write(sums, hour * PeriodPlan.Hour, _details)));
    }

    private EdgeSums ReadAll(PeriodRange range)
    {
        var sums = new EdgeSums();
        ReadInto(sums, [range]);
        return sums;
    }

    private void ReadInto(EdgeSums sums, IEnumerable<PeriodRange> ranges)
    {
        foreach (PeriodRange range in ranges)
        {
            foreach ((long from, byte[] growth) in _store.Read(range))
                GrowthCodec.AddTo(sums, growth, from, _details);
        }
    }

    // First minutes whose hours remain, then hours.
    private void RemoveBeyondSize()
    {
        while (_limits.Hours > TimeSpan.Zero && _store.Size > _limits.Bytes)
        {
            HistoryState state;
            if (_state.MinutesFrom < _state.HoursTo)
                state = _state with { MinutesFrom = _state.MinutesFrom + 1 };
            else if ((_state.From / PeriodPlan.Hour) + 1 < _state.HoursTo)
                state = _state with { From = ((_state.From / PeriodPlan.Hour) + 1) * PeriodPlan.Hour };
            else
                return;
            _store.Write(new HistoryChange
            {
                State = state,
                RemoveMinutesBefore = state.MinutesFrom * PeriodPlan.MinutesPerHour,
                RemoveHoursBefore = state.From / PeriodPlan.Hour,
            });
            _state = state;
        }
    }

    /// <summary>
    /// A failure of the store concerns nothing but the history: what could not be saved is tried again with the next minute.
    /// </summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (HistoryFile.IsDamage(e))
        {
            _store.Dispose();
            OpenStore(e.Message, _timeProvider.UnixNanoseconds());
        }
        catch (Exception e) when (HistoryFile.IsFailure(e))
        {
            string failure = $"the history cannot be saved: {e.Message}";
            if (_failure is null)
                _report(failure);
            _failure = failure;
        }
    }

    [MemberNotNull(nameof(_store), nameof(_limits), nameof(_edges), nameof(_details), nameof(_state))]
    private void OpenStore(string? damage, long now)
    {
        (_store, HistoryContents contents, _limits, string? problem) = _folder.Open(damage);
        if (problem is not null)
            _report(problem);
        _lasting = problem ?? _lasting;
        List<(KnownEdge Edge, EdgeSum Sum)> unsaved = [];
        foreach ((long number, EdgeSum sum) in _unsaved.All)
        {
            if (_edges?.Find(number) is { } edge)
                unsaved.Add((edge, sum));
        }

        _unsaved.Clear();
        _edges = new EdgeTable(_limits.Edges, contents.Edges, contents.LastEdge);
        _details = new DetailTable(contents.Details);
        _state = contents.State;
        if (_state.From == 0)
        {
            long hour = now / PeriodPlan.Hour;
            _state = new HistoryState { From = now, MinutesFrom = hour, HoursTo = hour };
        }

        _traffic.Load(contents.Traffic, _state.From);
        if (damage is not null)
            _traffic.SetUnsaved();

        foreach ((KnownEdge edge, EdgeSum sum) in unsaved)
        {
            var growth = new EdgeGrowth(
                edge.Key, edge.Nodes, sum.Counts, edge.FirstSeen, sum.LastSeen, edge.ServerWorkload);
            _unsaved.Add(_edges.FindOrAdd(growth, edge.LastHour).Number, sum.Counts, sum.FirstSeen, sum.LastSeen);
        }
    }

    private static long ToNanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private static long RoundDown(long time) => time / PeriodPlan.Hour * PeriodPlan.Hour;
}
