using Depmap.Relay.Names;

namespace Depmap.Relay.Joining;

/// <summary>The agents' starts that the joiner knows, and which nodes are observed now.</summary>
internal sealed class AgentEpochs
{
    // An agent that reconnects may send again what was applied: its last sequence is remembered for an hour's outage.
    private const long KeepGone = 60 * UnixTime.Minute;

    private readonly Dictionary<AgentKey, AgentEpoch> _epochs = [];
    private readonly Dictionary<string, int> _streamsByNode = [];

    public bool IsObserved(string node) => _streamsByNode.ContainsKey(node);

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
        if (--_streamsByNode[key.Node] == 0)
            _streamsByNode.Remove(key.Node);
    }

    /// <summary>Forgets agents long gone of which no flow is left.</summary>
    public void Forget(long now)
    {
        foreach ((AgentKey key, AgentEpoch epoch) in _epochs)
        {
            if (!epoch.Connected && epoch.Sightings.Count == 0 && now - epoch.GoneAt >= KeepGone)
                _epochs.Remove(key);
        }
    }
}
