using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>
/// The agents that reported, the streams they report by, and what they lost. The losses of all their starts add up;
/// memory is bounded by folding the oldest into one sum.
/// </summary>
internal sealed class AgentRegistry
{
    private const int MostAgents = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<AgentKey, AgentState> _agents = [];
    private readonly Dictionary<AgentKey, CancellationTokenSource> _streams = [];
    private LostTotals _lostByForgotten;

    /// <summary>What all agents lost so far.</summary>
    public LostTotals Lost { get; private set; }

    /// <summary>Takes an agent's stream in; an older one of the same start is told to end.</summary>
    public void Connect(AgentKey key, Hello hello, CancellationTokenSource stream, long now)
    {
        lock (_lock)
        {
            if (_streams.Remove(key, out CancellationTokenSource? older))
                older.Cancel();
            _streams[key] = stream;
            AgentState? before = _agents.GetValueOrDefault(key);
            if (before is null && _agents.Count >= MostAgents)
                Forget();
            _agents[key] = new AgentState(hello, true, before?.Lost ?? default, before?.Interfaces ?? 0, before?.Attachments, now);
        }
    }

    /// <summary>Notes what a batch said of the agent itself.</summary>
    /// <param name="received">When it came, by the relay's clock; this and the other time are Unix nanoseconds.</param>
    /// <returns>Whether more is lost now than before.</returns>
    public bool Hear(AgentKey key, Batch batch, long received, long now)
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
                LastHeard = now,
                Skew = agent.Skew.With(batch.SentUnixNs, received),
            };
            return lost != agent.Lost && SumUp();
        }
    }

    /// <summary>A stream has ended; whether it still was the agent's does not matter.</summary>
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

    /// <summary>For each node the agents connected, else the one heard last; by node.</summary>
    public List<AgentState> List()
    {
        lock (_lock)
        {
            return [.. _agents.Values
                .GroupBy(a => a.Hello.Node)
                .OrderBy(node => node.Key, StringComparer.Ordinal)
                .SelectMany(node => node.Any(a => a.Connected) ? node.Where(a => a.Connected) : [node.MaxBy(a => a.LastHeard)!])];
        }
    }

    private bool SumUp()
    {
        LostTotals sum = _lostByForgotten;
        foreach (AgentState agent in _agents.Values)
            sum += agent.Lost;
        bool changed = sum != Lost;
        Lost = sum;
        return changed;
    }

    private void Forget()
    {
        (AgentKey key, AgentState oldest) = _agents.MinBy(a => (a.Value.Connected, a.Value.LastHeard));
        _lostByForgotten += oldest.Lost;
        _agents.Remove(key);
    }
}
