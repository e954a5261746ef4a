using Depmap.Relay.Flows;

namespace Depmap.Relay.Joining;

/// <summary>
/// The joiner's state for one node: its streams, and the flows that its agents reported first, the longest unchanged first.
/// </summary>
internal sealed class ObservedNode(string name)
{
    /// <summary>The node as the owner of an address.</summary>
    public Owner Owner { get; } = new(name);

    /// <summary>Open streams. There can be two for a moment, when the agent reconnects before its old stream has ended.</summary>
    public int Streams { get; set; }

    /// <summary>When the last stream ended, Unix nanoseconds; null before that.</summary>
    public long? DisconnectedAt { get; set; }

    /// <summary>The number of agent processes that the joiner knows.</summary>
    public int Epochs { get; set; }
    public ChangeOrder<JoinedFlow> Open { get; } = new();

    /// <summary>Flows that have ended and whose other side could still be reported.</summary>
    public ChangeOrder<JoinedFlow> EndedMissingSide { get; } = new();
    public int Flows => Open.Count + EndedMissingSide.Count;

    /// <summary>The least valuable flow.</summary>
    public JoinedFlow? First => EndedMissingSide.First ?? Open.First;
}
