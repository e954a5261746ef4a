using Depmap.Relay.Agents;

namespace Depmap.Relay.Joining;

/// <summary>The agents' starts that the joiner knows, and which nodes are observed now.</summary>
internal sealed class AgentEpochs
{
    // An agent that reconnects may send again what was applied: its last sequence is remembered for an hour's outage.
    private const long KeepGone = 60 * UnixTime.Minute;

    private readonly Dictionary<AgentKey, AgentEpoch> _epochs = [];
    /// <summary>How long an agent that is gone is expected to come back, and at the relay's start to come. Nanoseconds.</summary>
    public const long ComesBack = 5 * UnixTime.Second;

    private readonly Dictionary<string, int> _streamsByNode = [];
    private readonly Dictionary<string, long> _goneByNode = [];

    /// <summary>Whether the node has an agent that reports, or had one a moment ago: it is being restarted, as a rule.</summary>
    public bool IsObserved(string node, long now) =>
        _streamsByNode.ContainsKey(node) || (_goneByNode.TryGetValue(node, out long at) && now - at < ComesBack);

    public AgentEpoch Get(AgentKey key, long now)
    {
        if (!_epochs.TryGetValue(key, out AgentEpoch? epoch))
            _epochs.Add(key, epoch = new AgentEpoch(key) { GoneAt = now });
        return epoch;
    }

    public void Connected(AgentKey key, long now)
    {
        Get(key, now).Streams++;
        _streamsByNode[key.Node] = _streamsByNode.GetValueOrDefault(key.Node) + 1;
    }

    public void Gone(AgentKey key, long now)
    {
        AgentEpoch epoch = Get(key, now);
        epoch.Streams--;
        epoch.GoneAt = now;
        if (--_streamsByNode[key.Node] > 0)
            return;
        _streamsByNode.Remove(key.Node);
        _goneByNode[key.Node] = now;
    }

    /// <summary>Forgets agents long gone of which no flow is left.</summary>
    public void Forget(long now)
    {
        foreach ((string node, long at) in _goneByNode)
        {
            if (now - at >= ComesBack)
                _goneByNode.Remove(node);
        }

        foreach ((AgentKey key, AgentEpoch epoch) in _epochs)
        {
            if (!epoch.Connected && epoch.Sightings.Count == 0 && now - epoch.GoneAt >= KeepGone)
                _epochs.Remove(key);
        }
    }
}
