using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// Turns sightings into flows: one flow for each connection, in whatever order its sightings are reported. Pure: times are
/// passed in as Unix nanoseconds, flows are returned in <see cref="Updates"/>. Not thread-safe.
/// </summary>
internal sealed class Joiner
{
    /// <summary>How long an ended flow is kept for late sightings.</summary>
    public const long KeepEnded = 10 * UnixTime.Second;

    /// <summary>How long an ended flow is kept if the other side could still be reported, or a pod has no name yet.</summary>
    public const long KeepEndedMissingSide = UnixTime.Minute;

    /// <summary>How long a flow is kept after its agent disconnected, so that the restarted agent can continue it.</summary>
    public const long KeepAfterDisconnect = 5 * UnixTime.Minute;

    // Most flows have two: one at each end.
    private const int MaxSightingsPerFlow = 4;
    private const int EvictionsPerSearch = 64;
    private const long SweepInterval = 30 * UnixTime.Second;

    // How often a flow that only waits for a name is checked, and how long one that was published without a name.
    private const long NameCheckInterval = UnixTime.Second / 5;
    private const long KeepUnnamed = UnixTime.Minute;

    // How long the end of a flow waits for the end of its other side, if that was reported and if not.
    private const long OtherSideEnds = 5 * UnixTime.Second;
    private const long OtherSideAppears = JoinDelay.SightingExpected;

    private readonly int _capacity;
    private readonly AgentEpochs _agents = new();
    private readonly SightingIndex _index = new();
    private readonly ChangeOrder<JoinedFlow> _ended = new();
    private readonly PriorityQueue<JoinedFlow, long> _timers = new();
    private readonly PriorityQueue<JoinedFlow, long> _closing = new();
    private readonly List<JoinedFlow> _changed = [];
    private readonly Func<string, bool> _isObserved;
    private long _sweptAt, _endedRemovedAt;
    private long _now;
    private ulong _lastId = (ulong)Random.Shared.NextInt64();
    private int _forgotten;
    private ObservedNode? _largest;
    private int _largestIsKnownFor;

    /// <param name="capacity">
    /// Maximum number of flows. Beyond it, the flow that ended first is removed; if all are open, one of those that the agent with the
    /// most flows reported: see <see cref="ObservedNode"/>. So an agent that reports too much costs its own flows.
    /// </param>
    /// <param name="started">When the relay started, Unix nanoseconds: shortly after, all agents are expected to connect.</param>
    public Joiner(int capacity, long started = long.MinValue)
    {
        _capacity = capacity;
        _isObserved = node => _agents.IsObserved(node, _now) || _now - AgentEpochs.ReconnectWindow < started;
    }

    public int Count { get; private set; }

    /// <summary>Number of sightings of all flows.</summary>
    public int SightingCount { get; private set; }

    /// <summary>Number of flows removed because there were too many.</summary>
    public long Evicted { get; private set; }

    /// <summary>How many of these had no verdict yet: they were never published.</summary>
    public ulong LostFlows { get; private set; }

    /// <summary>How many of these were published and still open: their further bytes, and how they end, are missing.</summary>
    public ulong ForgottenFlows { get; private set; }

    /// <summary>
    /// Flows whose verdict or counters changed since the caller last cleared this list, and whether to publish them. A flow
    /// appears only once its verdict has been published.
    /// </summary>
    public List<(JoinedFlow Flow, bool Publish)> Updates { get; } = [];

    /// <summary>
    /// Flows that ended since the caller last cleared this list: each flow that was published as forwarded, once. Those of which the
    /// end is not known, because an agent or the relay lost them, never appear.
    /// </summary>
    public List<JoinedFlow> Closed { get; } = [];

    /// <summary>Addresses of pods without a name that flows wait for, since the caller last cleared this list.</summary>
    public List<Address> Unnamed { get; } = [];

    /// <summary>When <see cref="Tick"/> has a flow to publish next, Unix nanoseconds.</summary>
    public long? NextDue => (_timers.TryPeek(out _, out long due), _closing.TryPeek(out _, out long close)) switch
    {
        (true, true) => Math.Min(due, close),
        (true, false) => due,
        (false, true) => close,
        _ => null,
    };

    public void AgentConnected(AgentKey key, long now) => _agents.Connect(key, now);

    public void AgentDisconnected(AgentKey key, long now) => _agents.Disconnect(key, now);

    /// <summary>Applies a batch; does nothing if a batch with this or a later sequence was applied before.</summary>
    public void Apply(AgentKey key, ulong sequence, IReadOnlyList<Sighting> sightings, ClusterNames names, long now)
    {
        _now = now;
        AgentEpoch agent = _agents.Get(key, now);
        if (sequence <= agent.LastSequence)
            return;
        agent.LastSequence = sequence;
        for (int i = 0; i < sightings.Count; i++)
            Process(agent, sightings[i], names, now);
        foreach (JoinedFlow flow in _changed)
        {
            // A batch larger than the capacity evicts some of its own flows.
            if (!flow.IsChanged)
                continue;
            flow.IsChanged = false;
            flow.LastReportAt = now;
            UpdateVerdict(flow, names, now);
            GetQueue(flow, names).MoveToEnd(flow);
            ScheduleClose(flow, names);
        }

        _changed.Clear();
    }

    /// <summary>Publishes flows that are due, and removes expired flows.</summary>
    public void Tick(ClusterNames names, long now)
    {
        _now = now;
        while (_timers.TryPeek(out JoinedFlow? flow, out long due) && due <= now)
        {
            _timers.Dequeue();
            // The flow may have been published, removed or rescheduled since.
            if (flow.DueAt != due)
                continue;
            flow.DueAt = null;
            UpdateVerdict(flow, names, now);
            ScheduleClose(flow, names);
        }

        while (_closing.TryPeek(out JoinedFlow? flow, out long due) && due <= now)
        {
            _closing.Dequeue();
            if (flow.CloseDueAt == due)
                Close(flow);
        }

        RemoveExpired(now);
    }

    private void Process(AgentEpoch agent, in Sighting incoming, ClusterNames names, long now)
    {
        if (agent.Sightings.TryGetValue(incoming.Id, out SightingRecord? record))
        {
            record.Update(incoming);
        }
        else if (agent.Forgotten.Contains(incoming.Id))
        {
            if (incoming.Ended)
                Recall(agent, incoming.Id);
            return;
        }
        else
        {
            record = AddSighting(agent, incoming, names, now);
        }

        if (record.Flow.IsChanged)
            return;
        record.Flow.IsChanged = true;
        _changed.Add(record.Flow);
    }

    private SightingRecord AddSighting(AgentEpoch agent, in Sighting incoming, ClusterNames names, long now)
    {
        if (SightingCount >= MaxSightingsPerFlow * _capacity)
            Evict(agent.Node, names);
        var search = new FlowSearch(_index, agent, names);
        Sighting first = incoming;
        JoinedFlow? flow = search.Find(incoming);
        if (flow is null && search.FindSimultaneousOpen(incoming) is { } opposite)
        {
            opposite.SimultaneousOpen = true;
            (flow, first) = (opposite, incoming.Reversed() with { InitialSequence = null });
        }

        if (flow is null
            && (search.FindRequest(incoming) ?? (incoming.Guessed ? search.FindRequest(incoming.Reversed()) : null)) is { } requestFlow)
        {
            if (requestFlow.Reply is { IsLast: true } lastReply)
                return lastReply;
            var reply = new SightingRecord(agent, requestFlow, incoming, requestFlow.Reply);
            requestFlow.Reply = reply;
            Add(reply);
            return reply;
        }

        if (flow is null && search.FindAnswered(incoming) is { } conversation)
        {
            if (conversation.Node is { IsLast: true } last)
                return last;
            (flow, first) = (conversation, incoming.Reversed());
        }

        if (flow is null && incoming is { Guessed: true, Side: not Side.Node })
        {
            if (search.Find(incoming.Reversed()) is { Guessed: false } certain)
                (flow, first) = (certain, incoming.Reversed());
            else if (IsWrongGuess(incoming, names))
                (flow, first) = (search.Find(incoming.Reversed()), incoming.Reversed());
        }

        flow ??= NewFlow(agent, names, now);
        var record = new SightingRecord(agent, flow, first, flow.GetRecord(first.Side))
        {
            Reversed = first.Side != incoming.Side || first.Client != incoming.Client,
        };
        flow.SetRecord(record);
        if (flow.Order is null)
            flow.ReportedBy.GetOpen(flow).MoveToEnd(flow);
        Add(record);
        return record;
    }

    private void Add(SightingRecord record)
    {
        record.Agent.Sightings.Add(record.Value.Id, record);
        _index.Add(record);
        SightingCount++;
    }

    // A listener in the Kubernetes objects is better evidence than a port number.
    private static bool IsWrongGuess(in Sighting incoming, ClusterNames names) =>
        names.Services.IsServed(incoming.Protocol, incoming.Client, incoming.Opened)
        && !names.Services.IsServed(incoming.Protocol, incoming.Server, incoming.Opened);

    private JoinedFlow NewFlow(AgentEpoch agent, ClusterNames names, long now)
    {
        if (Count >= _capacity)
            Evict(agent.Node, names);
        var flow = new JoinedFlow(++_lastId, agent.Node) { LastReportAt = now };
        Count++;
        return flow;
    }

    private void Evict(ObservedNode reporter, ClusterNames names)
    {
        if ((_ended.First ?? FindVictim(reporter)) is not { } flow)
            return;
        Evicted++;
        // It may be waiting to be published.
        if (flow.PublishedVerdict == Verdict.Unspecified)
        {
            flow.Decision = VerdictRules.Decide(flow, names);
            SetPublished(flow);
            if (flow.Decision.Verdict == Verdict.Unspecified)
                LostFlows++;
            else
                Updates.Add((flow, true));
        }

        if (flow.PublishedVerdict != Verdict.Unspecified && !flow.Ended)
            ForgottenFlows++;
        Remove(flow);
    }

    // A node that fills more than its share with failures replaces these before the established connections of a larger one.
    private JoinedFlow? FindVictim(ObservedNode reporter)
    {
        ObservedNode largest = GetLargest();
        bool hasItsShare = reporter.Flows >= _capacity / _agents.Nodes.Count;
        return largest.FirstBrief ?? (hasItsShare ? reporter.FirstBrief : null) ?? largest.First;
    }

    // Looked for once in many evictions: it remains among the largest.
    private ObservedNode GetLargest()
    {
        if (_largest is null || _largestIsKnownFor-- <= 0 || _largest.First is null)
            (_largest, _largestIsKnownFor) = (_agents.Nodes.MaxBy(node => node.Flows)!, EvictionsPerSearch);
        return _largest;
    }

    private void Forget(SightingRecord record)
    {
        ForgottenSightings forgotten = record.Agent.Forgotten;
        _forgotten -= forgotten.Count;
        forgotten.Add(record.Value.Id);
        if (_forgotten + forgotten.Count > _capacity)
            forgotten.Merge();
        _forgotten += forgotten.Count;
    }

    private void Recall(AgentEpoch agent, ulong sighting)
    {
        _forgotten -= agent.Forgotten.Count;
        agent.Forgotten.Remove(sighting);
        _forgotten += agent.Forgotten.Count;
    }

    private void UpdateVerdict(JoinedFlow flow, ClusterNames names, long now)
    {
        Verdict before = flow.Decision.Verdict;
        flow.Decision = VerdictRules.Decide(flow, names);
        if (flow.Decision.Verdict == Verdict.Unspecified)
            return;
        if (flow.Decision.Verdict != before)
            flow.VerdictSince = now;
        // Publish once. Publish again only if a dropped flow was established after all, or an established one was cut off.
        bool publish = flow.PublishedVerdict != flow.Decision.Verdict;
        var expectation = new JoinDelay(names, _isObserved);
        long sinceVerdict = now - flow.VerdictSince;
        Address? unnamed = sinceVerdict < KeepUnnamed ? expectation.FindUnnamed(flow) : null;
        if (unnamed is { } address)
            Unnamed.Add(address);
        if (publish)
        {
            long due = flow.VerdictSince + expectation.GetDelay(flow);
            if (due <= now && sinceVerdict < JoinDelay.PodName && unnamed is not null)
                due = now + NameCheckInterval;
            if (due > now)
            {
                SetTimer(flow, due);
                return;
            }

            SetPublished(flow);
            flow.DueAt = null;
        }

        Updates.Add((flow, publish));
        // The map gets a name that comes later.
        if (unnamed is not null && flow.DueAt is null)
            SetTimer(flow, now + Math.Max(NameCheckInterval, sinceVerdict / 8));
    }

    private static void SetPublished(JoinedFlow flow)
    {
        flow.PublishedVerdict = flow.Decision.Verdict;
        flow.WasForwarded |= flow.Decision.Verdict == Verdict.Forwarded;
    }

    private void ScheduleClose(JoinedFlow flow, ClusterNames names)
    {
        if (flow.IsClosed || !flow.WasForwarded || !flow.HasEndedSide)
            return;
        long due = !flow.Ended ? flow.LastReportAt + OtherSideEnds
            : new JoinDelay(names, _isObserved).IsMissingSide(flow) ? flow.LastReportAt + OtherSideAppears
            : flow.LastReportAt;
        if (flow.CloseDueAt <= due)
            return;
        flow.CloseDueAt = due;
        _closing.Enqueue(flow, due);
    }

    private void Close(JoinedFlow flow)
    {
        flow.CloseDueAt = null;
        if (flow.IsClosed)
            return;
        flow.IsClosed = true;
        Closed.Add(flow);
    }

    private void SetTimer(JoinedFlow flow, long due)
    {
        if (flow.DueAt != due)
            _timers.Enqueue(flow, due);
        flow.DueAt = due;
    }

    private ChangeOrder<JoinedFlow> GetQueue(JoinedFlow flow, ClusterNames names) =>
        !flow.Ended ? flow.ReportedBy.GetOpen(flow)
        : new JoinDelay(names, _isObserved) is var expectation
            && (expectation.IsMissingSide(flow) || expectation.FindUnnamed(flow) is not null) ? flow.ReportedBy.EndedMissingSide
        : _ended;

    private void RemoveExpired(long now)
    {
        while (_ended.First is { } flow && now - flow.LastReportAt >= KeepEnded)
            Remove(flow);
        if (now - _endedRemovedAt >= UnixTime.Second)
        {
            _endedRemovedAt = now;
            foreach (ObservedNode node in _agents.Nodes)
            {
                while (node.EndedMissingSide.First is { } flow && now - flow.LastReportAt >= KeepEndedMissingSide)
                    Remove(flow);
            }
        }

        if (now - _sweptAt < SweepInterval)
            return;
        _sweptAt = now;
        foreach (ObservedNode node in _agents.Nodes)
        {
            RemoveAbandoned(node.Brief, now);
            RemoveAbandoned(node.Established, now);
        }

        _agents.RemoveExpired(now);
        _forgotten = _agents.ForgottenSightings;
    }

    private void RemoveAbandoned(ChangeOrder<JoinedFlow> open, long now)
    {
        for (JoinedFlow? flow = open.First; flow is not null && now - flow.LastReportAt >= KeepAfterDisconnect;)
        {
            (JoinedFlow candidate, flow) = (flow, flow.Next);
            if (IsAbandoned(candidate.Client, now) && IsAbandoned(candidate.Server, now) && IsAbandoned(candidate.Node, now))
                Remove(candidate);
        }
    }

    // An idle connection of a connected agent is kept: its next packet must not start a new flow.
    private static bool IsAbandoned(SightingRecord? record, long now) =>
        record is null || record.Value.Ended || (!record.Agent.IsConnected && now - record.Agent.DisconnectedAt >= KeepAfterDisconnect);

    private void Remove(JoinedFlow flow)
    {
        if (flow is { WasForwarded: true, Ended: true })
            Close(flow);
        flow.CloseDueAt = null;
        RemoveSide(flow.Client);
        RemoveSide(flow.Server);
        RemoveSide(flow.Node);
        RemoveSide(flow.Reply);
        flow.Order?.Remove(flow);
        (flow.DueAt, flow.IsChanged) = (null, false);
        Count--;
    }

    private void RemoveSide(SightingRecord? last)
    {
        for (SightingRecord? record = last; record is not null; record = record.Previous)
        {
            _index.Remove(record);
            record.Agent.Sightings.Remove(record.Value.Id);
            SightingCount--;
            // Earlier ones are from before the agent's restart.
            if (record == last && !record.Value.Ended)
                Forget(record);
        }
    }
}
