using Depmap.Relay.Agents;
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

    /// <summary>How long an ended flow is kept if the other side could still be reported.</summary>
    public const long KeepEndedMissingSide = UnixTime.Minute;

    /// <summary>How long a flow is kept after its agent disconnected, so that the restarted agent can continue it.</summary>
    public const long KeepAfterDisconnect = 5 * UnixTime.Minute;

    private const long SweepInterval = 30 * UnixTime.Second;

    // How often a flow that only waits for a name is checked.
    private const long NameCheckInterval = UnixTime.Second / 5;

    private readonly int _capacity;
    private readonly AgentEpochs _agents = new();
    private readonly SightingIndex _index = new();
    private readonly FlowQueue _open = new();
    private readonly FlowQueue _ended = new();
    private readonly FlowQueue _endedMissingSide = new();
    private readonly PriorityQueue<JoinedFlow, long> _timers = new();
    private readonly List<JoinedFlow> _changed = [];
    private readonly Func<string, bool> _isObserved;
    private long _sweptAt;
    private long _now;

    /// <param name="capacity">Maximum number of flows. Beyond it, the flow that ended first is removed, or the one idle longest.</param>
    /// <param name="started">When the relay started, Unix nanoseconds: shortly after, all agents are expected to connect.</param>
    public Joiner(int capacity = 200_000, long started = long.MinValue)
    {
        _capacity = capacity;
        _isObserved = node => _agents.IsObserved(node, _now) || _now - AgentEpochs.ReconnectWindow < started;
    }

    public int Count { get; private set; }

    /// <summary>Number of flows removed because there were too many.</summary>
    public long Evicted { get; private set; }

    /// <summary>
    /// Flows whose verdict or counters changed since the caller last cleared this list, and whether to publish them. A flow
    /// appears only once its verdict has been published.
    /// </summary>
    public List<(JoinedFlow Flow, bool Publish)> Updates { get; } = [];

    /// <summary>When <see cref="Tick"/> has a flow to publish next, Unix nanoseconds.</summary>
    public long? NextDue => _timers.TryPeek(out _, out long due) ? due : null;

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
        }

        RemoveExpired(now);
    }

    private void Process(AgentEpoch agent, in Sighting incoming, ClusterNames names, long now)
    {
        if (agent.Sightings.TryGetValue(incoming.Id, out SightingRecord? record))
            record.Update(incoming);
        else
            record = AddSighting(agent, incoming, names, now);
        if (record.Flow.IsChanged)
            return;
        record.Flow.IsChanged = true;
        _changed.Add(record.Flow);
    }

    private SightingRecord AddSighting(AgentEpoch agent, in Sighting incoming, ClusterNames names, long now)
    {
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
            var reply = new SightingRecord(agent, requestFlow, incoming) { Previous = requestFlow.Reply };
            requestFlow.Reply = reply;
            agent.Sightings.Add(incoming.Id, reply);
            _index.Add(reply);
            return reply;
        }

        if (flow is null && incoming is { Guessed: true, Side: not Side.Node })
        {
            if (search.Find(incoming.Reversed()) is { Guessed: false } certain)
                (flow, first) = (certain, incoming.Reversed());
            else if (IsWrongGuess(incoming, names))
                (flow, first) = (search.Find(incoming.Reversed()), incoming.Reversed());
        }

        flow ??= NewFlow(now);
        var record = new SightingRecord(agent, flow, first)
        {
            Reversed = first.Side != incoming.Side,
            Previous = flow.GetRecord(first.Side),
        };
        agent.Sightings.Add(incoming.Id, record);
        flow.SetRecord(record);
        _index.Add(record);
        return record;
    }

    // A listener in the Kubernetes objects is better evidence than a port number.
    private static bool IsWrongGuess(in Sighting incoming, ClusterNames names) =>
        names.Services.IsServed(incoming.Protocol, incoming.Client, incoming.Opened)
        && !names.Services.IsServed(incoming.Protocol, incoming.Server, incoming.Opened);

    private JoinedFlow NewFlow(long now)
    {
        if (Count >= _capacity)
        {
            Remove((_ended.First ?? _endedMissingSide.First ?? _open.First)!);
            Evicted++;
        }

        var flow = new JoinedFlow { LastReportAt = now };
        _open.MoveToEnd(flow);
        Count++;
        return flow;
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
        if (publish)
        {
            var expectation = new JoinDelay(names, _isObserved);
            long due = flow.VerdictSince + expectation.GetDelay(flow);
            if (due <= now && flow.VerdictSince + JoinDelay.PodName > now && expectation.IsMissingName(flow))
                due = now + NameCheckInterval;
            if (due > now)
            {
                if (flow.DueAt != due)
                    _timers.Enqueue(flow, due);
                flow.DueAt = due;
                return;
            }

            flow.PublishedVerdict = flow.Decision.Verdict;
        }

        flow.DueAt = null;
        Updates.Add((flow, publish));
    }

    private FlowQueue GetQueue(JoinedFlow flow, ClusterNames names) =>
        !flow.Ended ? _open
        : new JoinDelay(names, _isObserved).IsMissingSide(flow) ? _endedMissingSide
        : _ended;

    private void RemoveExpired(long now)
    {
        while (_ended.First is { } flow && now - flow.LastReportAt >= KeepEnded)
            Remove(flow);
        while (_endedMissingSide.First is { } flow && now - flow.LastReportAt >= KeepEndedMissingSide)
            Remove(flow);
        if (now - _sweptAt < SweepInterval)
            return;
        _sweptAt = now;
        for (JoinedFlow? flow = _open.First; flow is not null && now - flow.LastReportAt >= KeepAfterDisconnect;)
        {
            (JoinedFlow candidate, flow) = (flow, flow.NextInQueue);
            if (IsAbandoned(candidate.Client, now) && IsAbandoned(candidate.Server, now) && IsAbandoned(candidate.Node, now))
                Remove(candidate);
        }

        _agents.RemoveExpired(now);
    }

    // An idle connection of a connected agent is kept: its next packet must not start a new flow.
    private static bool IsAbandoned(SightingRecord? record, long now) =>
        record is null || record.Value.Ended || (!record.Agent.IsConnected && now - record.Agent.DisconnectedAt >= KeepAfterDisconnect);

    private void Remove(JoinedFlow flow)
    {
        RemoveSide(flow.Client);
        RemoveSide(flow.Server);
        RemoveSide(flow.Node);
        RemoveSide(flow.Reply);
        flow.Queue?.Remove(flow);
        (flow.DueAt, flow.IsChanged) = (null, false);
        Count--;
    }

    private void RemoveSide(SightingRecord? record)
    {
        for (; record is not null; record = record.Previous)
        {
            _index.Remove(record);
            record.Agent.Sightings.Remove(record.Value.Id);
        }
    }
}
