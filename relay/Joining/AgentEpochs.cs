using Depmap.Relay.Agents;

namespace Depmap.Relay.Joining;

/// <summary>The agent processes that the joiner knows, and the nodes that are observed now.</summary>
internal sealed class AgentEpochs
{
    /// <summary>How long an agent is expected to reconnect, or to connect after the relay has started. Nanoseconds.</summary>
    public const long ReconnectWindow = 5 * UnixTime.Second;

    // A reconnecting agent may resend applied batches: keep its last sequence for an outage of up to an hour.
    private const long KeepDisconnected = 60 * UnixTime.Minute;

    // An agent that restarts without end must not use memory without end.
    private const int MaxEpochsPerNode = 16;

    private readonly Dictionary<AgentKey, AgentEpoch> _epochs = [];
    private readonly Dictionary<string, ObservedNode> _nodes = new(StringComparer.Ordinal);

    public Dictionary<string, ObservedNode>.ValueCollection Nodes => _nodes.Values;

    public int ForgottenSightings
    {
        get
        {
            int sum = 0;
            foreach (AgentEpoch epoch in _epochs.Values)
                sum += epoch.Forgotten.Count;
            return sum;
        }
    }

    /// <summary>Whether the node has a connected agent, or had one a moment ago that is probably being restarted.</summary>
    public bool IsObserved(string node, long now) =>
        _nodes.TryGetValue(node, out ObservedNode? known) && (known.Streams > 0 || IsReconnecting(known, now));

    public AgentEpoch Get(AgentKey key, long now)
    {
        if (_epochs.TryGetValue(key, out AgentEpoch? epoch))
            return epoch;
        if (!_nodes.TryGetValue(key.Node, out ObservedNode? node))
            _nodes.Add(key.Node, node = new ObservedNode(key.Node));
        if (node.Epochs >= MaxEpochsPerNode)
            RemoveOldest(node);
        node.Epochs++;
        _epochs.Add(key, epoch = new AgentEpoch(key, node) { DisconnectedAt = now });
        return epoch;
    }

    public void Connect(AgentKey key, long now)
    {
        AgentEpoch epoch = Get(key, now);
        epoch.Streams++;
        epoch.Node.Streams++;
    }

    public void Disconnect(AgentKey key, long now)
    {
        AgentEpoch epoch = Get(key, now);
        epoch.Streams--;
        epoch.DisconnectedAt = now;
        if (--epoch.Node.Streams == 0)
            epoch.Node.DisconnectedAt = now;
    }

    /// <summary>Removes agents that have been disconnected for long and have no flows left.</summary>
    public void RemoveExpired(long now)
    {
        foreach (AgentEpoch epoch in _epochs.Values)
        {
            if (IsIdle(epoch) && now - epoch.DisconnectedAt >= KeepDisconnected)
                Remove(epoch);
        }

        foreach ((string name, ObservedNode node) in _nodes)
        {
            if (node is { Epochs: 0, Flows: 0 } && !IsReconnecting(node, now))
                _nodes.Remove(name);
        }
    }

    private void RemoveOldest(ObservedNode node)
    {
        if (_epochs.Values.Where(epoch => epoch.Node == node && IsIdle(epoch)).MinBy(epoch => epoch.DisconnectedAt) is { } oldest)
            Remove(oldest);
    }

    private void Remove(AgentEpoch epoch)
    {
        _epochs.Remove(epoch.Key);
        epoch.Node.Epochs--;
    }

    private static bool IsIdle(AgentEpoch epoch) => !epoch.IsConnected && epoch.Sightings.Count == 0;

    private static bool IsReconnecting(ObservedNode node, long now) => node.DisconnectedAt is { } at && now - at < ReconnectWindow;
}
