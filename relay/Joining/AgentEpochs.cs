using Depmap.Relay.Agents;

namespace Depmap.Relay.Joining;

/// <summary>The agent processes that the joiner knows, and the nodes that are observed now.</summary>
internal sealed class AgentEpochs
{
    /// <summary>How long an agent is expected to reconnect, or to connect after the relay has started. Nanoseconds.</summary>
    public const long ReconnectWindow = 5 * UnixTime.Second;

    // A reconnecting agent may resend applied batches: keep its last sequence for an outage of up to an hour.
    private const long KeepDisconnected = 60 * UnixTime.Minute;

    private readonly Dictionary<AgentKey, AgentEpoch> _epochs = [];
    private readonly Dictionary<string, int> _streamsByNode = [];
    private readonly Dictionary<string, long> _disconnectedByNode = [];

    /// <summary>Whether the node has a connected agent, or had one a moment ago that is probably being restarted.</summary>
    public bool IsObserved(string node, long now) =>
        _streamsByNode.ContainsKey(node) || (_disconnectedByNode.TryGetValue(node, out long at) && now - at < ReconnectWindow);

    public AgentEpoch Get(AgentKey key, long now)
    {
        if (!_epochs.TryGetValue(key, out AgentEpoch? epoch))
            _epochs.Add(key, epoch = new AgentEpoch(key) { DisconnectedAt = now });
        return epoch;
    }

    public void Connect(AgentKey key, long now)
    {
        Get(key, now).Streams++;
        _streamsByNode[key.Node] = _streamsByNode.GetValueOrDefault(key.Node) + 1;
    }

    public void Disconnect(AgentKey key, long now)
    {
        AgentEpoch epoch = Get(key, now);
        epoch.Streams--;
        epoch.DisconnectedAt = now;
        if (--_streamsByNode[key.Node] > 0)
            return;
        _streamsByNode.Remove(key.Node);
        _disconnectedByNode[key.Node] = now;
    }

    /// <summary>Removes agents that have been disconnected for long and have no flows left.</summary>
    public void RemoveExpired(long now)
    {
        foreach ((string node, long at) in _disconnectedByNode)
        {
            if (now - at >= ReconnectWindow)
                _disconnectedByNode.Remove(node);
        }

        foreach ((AgentKey key, AgentEpoch epoch) in _epochs)
        {
            if (!epoch.IsConnected && epoch.Sightings.Count == 0 && now - epoch.DisconnectedAt >= KeepDisconnected)
                _epochs.Remove(key);
        }
    }
}
