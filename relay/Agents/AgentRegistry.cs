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
    private readonly Dictionary<AgentKey, Stream> _streams = [];
    private readonly RefusedAgents _refused = new();
    private readonly ObservationGaps _gaps = new();

    // Nodes whose agent has connected from an address of that node; at most as many as there are nodes.
    private readonly HashSet<string> _confirmed = new(StringComparer.Ordinal);
    private LostTotals _lostByRemoved;

    /// <summary>The total of all agents.</summary>
    public LostTotals Lost { get; private set; }

    /// <summary>
    /// Registers an agent's stream, unless another agent has a better claim to the node. Streams that it replaces are cancelled.
    /// </summary>
    /// <returns>Why the agent is refused; null if it is not.</returns>
    public string? Connect(AgentKey key, Hello hello, AgentAddress address, CancellationTokenSource stream, long now)
    {
        lock (_lock)
        {
            if (FindObjection(key, address) is { } reason)
            {
                _refused.Add(key.Node, reason, now);
                return reason;
            }

            if (address.IsOfNode)
            {
                _confirmed.Add(key.Node);
                CancelUnconfirmed(key, address);
            }

            if (_streams.Remove(key, out Stream? older))
                older.Cancellation.Cancel();
            _streams[key] = new Stream(stream, address);
            AgentState? before = _agents.GetValueOrDefault(key);
            if (before is null)
                AddGap(key.Node, now);
            if (before is null && _agents.Count >= MaxAgents)
                RemoveOldest();
            _agents[key] = before is null
                ? new AgentState(hello, true, default, 0, null, now)
                : before with { Hello = hello, Connected = true, LastReportAt = now };
            return null;
        }
    }

    /// <summary>Measures the agent's clock by a batch. Times are Unix nanoseconds.</summary>
    /// <param name="sent">When the batch was sent, by the agent's clock.</param>
    /// <param name="received">When it arrived, by the relay's clock.</param>
    /// <param name="isFresh">Whether the relay waited for it.</param>
    /// <returns>What to subtract from the agent's times, in nanoseconds.</returns>
    public long MeasureClock(AgentKey key, long sent, long received, bool isFresh)
    {
        lock (_lock)
        {
            if (!_agents.TryGetValue(key, out AgentState? agent))
                return 0;
            ClockSkew skew = agent.ClockSkew.With(sent, received, isFresh);
            _agents[key] = agent with { ClockSkew = skew };
            return skew.Correction;
        }
    }

    /// <summary>Updates the agent's state from a batch. Times are Unix nanoseconds.</summary>
    /// <param name="invalid">How many of the batch's reports were ignored.</param>
    /// <returns>Whether the total of lost records changed.</returns>
    public bool Update(AgentKey key, Batch batch, int invalid, long now)
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
                InvalidReports = agent.InvalidReports + (ulong)invalid,
            };
            return lost != agent.Lost && UpdateTotal();
        }
    }

    /// <summary>Removes a stream that has ended; does nothing if a newer stream has replaced it.</summary>
    public void Disconnect(AgentKey key, CancellationTokenSource stream, long now)
    {
        lock (_lock)
        {
            if (_streams.GetValueOrDefault(key)?.Cancellation != stream)
                return;
            _streams.Remove(key);
            if (_agents.TryGetValue(key, out AgentState? agent))
                _agents[key] = agent with { Connected = false, DisconnectedAt = now };
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

    /// <summary>The agents that were refused in the last hour.</summary>
    public List<RefusedAgent> ListRefused(long now)
    {
        lock (_lock)
            return _refused.List(now);
    }

    /// <summary>When nodes had no agent, in the last hour.</summary>
    public List<ObservationGap> ListGaps(long now)
    {
        lock (_lock)
            return _gaps.List(now);
    }

    // Between two agent processes of a node.
    private void AddGap(string node, long now)
    {
        AgentState[] earlier = [.. _agents.Values.Where(agent => agent.Hello.Node == node)];
        if (earlier.Length > 0 && !earlier.Any(agent => agent.Connected))
            _gaps.Add(node, earlier.Max(agent => agent.DisconnectedAt), now);
    }

    // All agents have the same certificate, so an address is what tells them apart. Networks may translate it: an address that
    // says nothing about the node, or that is another node's, is refused only if an agent with a better claim is known.
    private string? FindObjection(AgentKey key, AgentAddress address)
    {
        if (address.IsOfNode)
            return null;
        if (address.IsOfOtherNode && _confirmed.Contains(key.Node))
            return $"an agent that names node {key.Node}, but connects from {address.Text}, an address of node {address.Owners[0]}";
        foreach ((AgentKey other, Stream stream) in _streams)
        {
            if (other.Node == key.Node && other.Epoch != key.Epoch && stream.Address.Text != address.Text)
                return $"an agent that names node {key.Node}, but connects from {address.Text} while that node's agent is connected from "
                    + stream.Address.Text;
        }

        return null;
    }

    // The agent at the node's address is the node's own. The other one is refused when it connects again.
    private void CancelUnconfirmed(AgentKey key, AgentAddress address)
    {
        foreach ((AgentKey other, Stream stream) in _streams)
        {
            if (other.Node == key.Node && !stream.Address.IsOfNode && stream.Address.Text != address.Text)
                stream.Cancellation.Cancel();
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

    private sealed record Stream(CancellationTokenSource Cancellation, AgentAddress Address);
}
