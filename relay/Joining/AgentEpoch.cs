using Depmap.Relay.Agents;
using Depmap.Relay.Flows;

namespace Depmap.Relay.Joining;

/// <summary>The joiner's state for one agent process.</summary>
internal sealed class AgentEpoch(AgentKey key, ObservedNode node)
{
    public AgentKey Key { get; } = key;
    public ObservedNode Node { get; } = node;

    /// <summary>The agent's node as the owner of an address.</summary>
    public Owner NodeOwner => Node.Owner;
    public Dictionary<ulong, SightingRecord> Sightings { get; } = [];
    public ForgottenSightings Forgotten { get; } = new();

    /// <summary>Open streams. There can be two for a moment, when the agent reconnects before its old stream has ended.</summary>
    public int Streams { get; set; }
    public bool IsConnected => Streams > 0;

    /// <summary>When the last stream ended, Unix nanoseconds.</summary>
    public long DisconnectedAt { get; set; }

    /// <summary>The sequence of the last applied batch. Agents resend unacknowledged batches after a reconnect.</summary>
    public ulong LastSequence { get; set; }
}
