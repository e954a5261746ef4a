using Depmap.Relay.Agents;
using Depmap.Relay.Names;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// Turns sightings into flows: each connection once, whoever saw it and in whatever order it is told. Pure: times come in
/// as Unix nanoseconds, flows go out by <see cref="Settled"/>; one caller at a time.
/// </summary>
internal sealed class Joiner
{
    /// <summary>How long an ended flow is kept for what may still be told of it.</summary>
    public const long KeepEnded = 10 * UnixTime.Second;

    /// <summary>The same, where the other side's agent may yet come back and tell its part.</summary>
    public const long KeepEndedLackingSide = UnixTime.Minute;

    /// <summary>How long a flow outlives the agent that told it, for the agent's next start to go on with.</summary>
    public const long KeepOfGoneAgent = 5 * UnixTime.Minute;

    private const long SweepInterval = 30 * UnixTime.Second;

    // A flow that only waits for a name looks this often whether it has come.
    private const long NameCheck = UnixTime.Second / 5;

    private readonly int _capacity;
    private readonly AgentEpochs _agents = new();
    private readonly SightingIndex _index = new();
    private readonly FlowQueue _open = new();
    private readonly FlowQueue _ended = new();
    private readonly FlowQueue _endedLackingSide = new();
    private readonly PriorityQueue<JoinedFlow, long> _timers = new();
    private readonly List<JoinedFlow> _touched = [];
    private readonly Func<string, bool> _observed;
    private long _sweptAt;
    private long _now;

    /// <param name="capacity">Flows held at most; beyond, the one that ended first is forgotten, else the one silent longest.</param>
    /// <param name="started">When the relay started: shortly after, agents that have not come yet will. Unix nanoseconds.</param>
    public Joiner(int capacity = 200_000, long started = long.MinValue)
    {
        _capacity = capacity;
        _observed = node => _agents.IsObserved(node, _now) || _now - AgentEpochs.ComesBack < started;
    }

    public int Count { get; private set; }

    /// <summary>Flows forgotten because there were too many.</summary>
    public long Overflowed { get; private set; }

    /// <summary>
    /// Flows whose verdict or counters changed since the caller emptied this; those to publish say so. Each stands here
    /// only once its verdict is published.
    /// </summary>
    public List<(JoinedFlow Flow, bool Publish)> Settled { get; } = [];

    /// <summary>When <see cref="Tick"/> has something to publish next, Unix nanoseconds.</summary>
    public long? NextDue => _timers.TryPeek(out _, out long due) ? due : null;

    public void AgentConnected(AgentKey key, long now) => _agents.Connected(key, now);

    public void AgentGone(AgentKey key, long now) => _agents.Gone(key, now);

    /// <summary>Takes a batch. One with a sequence that was taken before changes nothing.</summary>
    public void Apply(AgentKey key, ulong sequence, IReadOnlyList<Sighting> sightings, ClusterNames names, long now)
    {
        _now = now;
        AgentEpoch agent = _agents.Get(key, now);
        if (sequence <= agent.AppliedSequence)
            return;
        agent.AppliedSequence = sequence;
        for (int i = 0; i < sightings.Count; i++)
            Take(agent, sightings[i], names, now);
        foreach (JoinedFlow flow in _touched)
        {
            // A batch larger than all there is room for forgets flows of its own.
            if (!flow.Touched)
                continue;
            flow.Touched = false;
            flow.HeardAt = now;
            Settle(flow, names, now);
            QueueOf(flow, names).MoveToEnd(flow);
        }

        _touched.Clear();
    }

    /// <summary>Publishes what has waited long enough, and forgets what is over.</summary>
    public void Tick(ClusterNames names, long now)
    {
        _now = now;
        while (_timers.TryPeek(out JoinedFlow? flow, out long due) && due <= now)
        {
            _timers.Dequeue();
            // A flow may have been settled, forgotten or set to another time since.
            if (flow.DueAt != due)
                continue;
            flow.DueAt = null;
            Settle(flow, names, now);
        }

        Forget(now);
    }

    private void Take(AgentEpoch agent, in Sighting told, ClusterNames names, long now)
    {
        if (agent.Sightings.TryGetValue(told.Id, out SightingRecord? record))
            record.Update(told);
        else
            record = Join(agent, told, names, now);
        if (record.Flow.Touched)
            return;
        record.Flow.Touched = true;
        _touched.Add(record.Flow);
    }

    private SightingRecord Join(AgentEpoch agent, in Sighting told, ClusterNames names, long now)
    {
        var search = new FlowSearch(_index, agent, names);
        Sighting first = told;
        JoinedFlow? flow = search.Find(told);
        if (flow is null && search.FindOpenedByBoth(told) is { } both)
        {
            both.OpenedByBoth = true;
            (flow, first) = (both, told.Reversed() with { InitialSequence = null });
        }

        if (flow is null && (search.FindAnsweredBy(told) ?? (told.Guessed ? search.FindAnsweredBy(told.Reversed()) : null)) is { } conversation)
        {
            var answer = new SightingRecord(agent, conversation, told) { Former = conversation.Answer };
            conversation.Answer = answer;
            agent.Sightings.Add(told.Id, answer);
            _index.Add(answer);
            return answer;
        }

        if (flow is null && told is { Guessed: true, Side: not Side.Node })
        {
            if (search.Find(told.Reversed()) is { Guessed: false } sure)
                (flow, first) = (sure, told.Reversed());
            else if (IsGuessedWrong(told, names))
                (flow, first) = (search.Find(told.Reversed()), told.Reversed());
        }

        flow ??= NewFlow(now);
        var record = new SightingRecord(agent, flow, first) { Reversed = first.Side != told.Side, Former = flow.At(first.Side) };
        agent.Sightings.Add(told.Id, record);
        flow.Put(record);
        _index.Add(record);
        return record;
    }

    // Who listens, by the objects, says more than a port's number.
    private static bool IsGuessedWrong(in Sighting told, ClusterNames names) =>
        names.Services.IsServed(told.Protocol, told.Client, told.Opened) && !names.Services.IsServed(told.Protocol, told.Server, told.Opened);

    private JoinedFlow NewFlow(long now)
    {
        if (Count >= _capacity)
        {
            Forget((_ended.First ?? _endedLackingSide.First ?? _open.First)!);
            Overflowed++;
        }

        var flow = new JoinedFlow { HeardAt = now };
        _open.MoveToEnd(flow);
        Count++;
        return flow;
    }

    private void Settle(JoinedFlow flow, ClusterNames names, long now)
    {
        Verdict before = flow.Decision.Verdict;
        flow.Decision = VerdictRules.Decide(flow, names);
        if (flow.Decision.Verdict == Verdict.Unspecified)
            return;
        if (flow.Decision.Verdict != before)
            flow.KnownAt = now;
        // Published once; again only when a handshake was done after all, or what was a connection is cut off.
        bool publish = flow.Published != flow.Decision.Verdict;
        if (publish)
        {
            var expectation = new JoinDelay(names, _observed);
            long due = flow.KnownAt + expectation.Wait(flow);
            if (due <= now && flow.KnownAt + JoinDelay.Name > now && expectation.LacksName(flow))
                due = now + NameCheck;
            if (due > now)
            {
                if (flow.DueAt != due)
                    _timers.Enqueue(flow, due);
                flow.DueAt = due;
                return;
            }

            flow.Published = flow.Decision.Verdict;
        }

        flow.DueAt = null;
        Settled.Add((flow, publish));
    }

    private FlowQueue QueueOf(JoinedFlow flow, ClusterNames names) =>
        !flow.Ended ? _open
        : new JoinDelay(names, _observed).LacksSide(flow) ? _endedLackingSide
        : _ended;

    private void Forget(long now)
    {
        while (_ended.First is { } flow && now - flow.HeardAt >= KeepEnded)
            Forget(flow);
        while (_endedLackingSide.First is { } flow && now - flow.HeardAt >= KeepEndedLackingSide)
            Forget(flow);
        if (now - _sweptAt < SweepInterval)
            return;
        _sweptAt = now;
        for (JoinedFlow? flow = _open.First; flow is not null && now - flow.HeardAt >= KeepOfGoneAgent;)
        {
            (JoinedFlow looked, flow) = (flow, flow.NextInQueue);
            if (IsLeft(looked.Client, now) && IsLeft(looked.Server, now) && IsLeft(looked.Node, now))
                Forget(looked);
        }

        _agents.Forget(now);
    }

    // An idle connection of a living agent is kept: its next packet is no new flow.
    private static bool IsLeft(SightingRecord? record, long now) =>
        record is null || record.Value.Ended || (!record.Agent.Connected && now - record.Agent.GoneAt >= KeepOfGoneAgent);

    private void Forget(JoinedFlow flow)
    {
        ForgetSide(flow.Client);
        ForgetSide(flow.Server);
        ForgetSide(flow.Node);
        ForgetSide(flow.Answer);
        flow.Queue?.Remove(flow);
        (flow.DueAt, flow.Touched) = (null, false);
        Count--;
    }

    private void ForgetSide(SightingRecord? record)
    {
        for (; record is not null; record = record.Former)
        {
            _index.Remove(record);
            record.Agent.Sightings.Remove(record.Value.Id);
        }
    }
}
