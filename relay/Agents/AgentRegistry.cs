using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>
/// The agents that have reported, their streams and their lost counters. The total covers all agent processes since the
/// relay started. Memory is bounded: the counters of removed agents are kept as one sum.
/// </summary>
internal sealed class AgentRegistry
{
    private const int MaxAgents = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<AgentKey, AgentState> _agents = [];
    private readonly Dictionary<AgentKey, CancellationTokenSource> _streams = [];
    private LostTotals _lostByRemoved;

    /// <summary>The total of all agents.</summary>
    public LostTotals Lost { get; private set; }

    /// <summary>Registers an agent's stream. An older stream of the same process is cancelled.</summary>
    public void Connect(AgentKey key, Hello hello, CancellationTokenSource stream, long now)
    {
        lock (_lock)
        {
            if (_streams.Remove(key, out CancellationTokenSource? older))
                older.Cancel();
            _streams[key] = stream;
            AgentState? before = _agents.GetValueOrDefault(key);
            if (before is null && _agents.Count >= MaxAgents)
                RemoveOldest();
            _agents[key] = new AgentState(hello, true, before?.Lost ?? default, before?.Interfaces ?? 0, before?.Attachments, now);
        }
    }

    /// <summary>Updates the agent's state from a batch. Times are Unix nanoseconds.</summary>
    /// <param name="received">When the batch arrived, by the relay's clock.</param>
    /// <returns>Whether the total of lost records changed.</returns>
    public bool Update(AgentKey key, Batch batch, long received, long now)
    {
        lock (_lock)
        {
            if (!_agents.TryGetValue(key, out AgentState? agent))
                return false;
            LostTotals lost = LostTotals.Of(batch.Lost);
            _agents[key] = agent with
            {
                Lost = lost,
                Interfaces = batch.Interfaces,
                Attachments = batch.Attachments,
                LastReportAt = now,
                ClockSkew = agent.ClockSkew.With(batch.SentUnixNs, received),
            };
            return lost != agent.Lost && UpdateTotal();
        }
    }

    /// <summary>Removes a stream that has ended; does nothing if a newer stream has replaced it.</summary>
    public void Disconnect(AgentKey key, CancellationTokenSource stream)
    {
        lock (_lock)
        {
            if (_streams.GetValueOrDefault(key) != stream)
                return;
            _streams.Remove(key);
            if (_agents.TryGetValue(key, out AgentState? agent))
                _agents[key] = agent with { Connected = false };
        }
    }

    /// <summary>For each node, the connected agents, or the one that reported last if none is connected. Sorted by node.</summary>
    public List<AgentState> List()
    {
        lock (_lock)
        {
            return [.. _agents.Values
                .GroupBy(a => a.Hello.Node)
                .OrderBy(node => node.Key, StringComparer.Ordinal)
                .SelectMany(node => node.Any(a => a.Connected) ? node.Where(a => a.Connected) : [node.MaxBy(a => a.LastReportAt)!])];
        }
    }

    private bool UpdateTotal()
    {
        LostTotals sum = _lostByRemoved;
        foreach (AgentState agent in _agents.Values)
            sum += agent.Lost;
        bool changed = sum != Lost;
        Lost = sum;
        return changed;
    }

    private void RemoveOldest()
    {
        (AgentKey key, AgentState oldest) = _agents.MinBy(a => (a.Value.Connected, a.Value.LastReportAt));
        _lostByRemoved += oldest.Lost;
        _agents.Remove(key);
    }
}
