using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>The agents that were refused in the last hour, by the node that they named. Bounded; not thread-safe.</summary>
internal sealed class RefusedAgents
{
    private const int MaxNodes = 100;
    private const long KeepFor = 60 * UnixTime.Minute;

    private readonly Dictionary<string, RefusedAgent> _byNode = new(StringComparer.Ordinal);

    public void Add(string node, string reason, long now)
    {
        RemoveExpired(now);
        ulong times = _byNode.GetValueOrDefault(node)?.Times ?? 0;
        if (times == 0 && _byNode.Count >= MaxNodes)
            return;
        _byNode[node] = new RefusedAgent { Node = node, Reason = reason, Times = times + 1, LastUnixNs = now };
    }

    public List<RefusedAgent> List(long now)
    {
        RemoveExpired(now);
        return [.. _byNode.Values.OrderBy(agent => agent.Node, StringComparer.Ordinal)];
    }

    private void RemoveExpired(long now)
    {
        foreach ((string node, RefusedAgent agent) in _byNode)
        {
            if (now - agent.LastUnixNs >= KeepFor)
                _byNode.Remove(node);
        }
    }
}
