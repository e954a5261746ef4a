using Depmap.Relay.Agents;
using Depmap.Relay.Flows;

namespace Depmap.Relay.Joining;

/// <summary>What the joiner knows of one start of an agent.</summary>
internal sealed class AgentEpoch(AgentKey key)
{
    public AgentKey Key { get; } = key;

    /// <summary>What its node is called where the node itself is an end of a flow.</summary>
    public Owner Node { get; } = new(key.Node);
    public Dictionary<ulong, SightingRecord> Sightings { get; } = [];

    /// <summary>Streams open now: two for a moment when a reconnect overtakes the end of the old one.</summary>
    public int Streams { get; set; }
    public bool Connected => Streams > 0;

    /// <summary>When the last stream ended, Unix nanoseconds.</summary>
    public long GoneAt { get; set; }

    /// <summary>The highest batch applied: what is sent again after a reconnect counts once.</summary>
    public ulong AppliedSequence { get; set; }
}
