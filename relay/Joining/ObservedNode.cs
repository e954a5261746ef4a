using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>
/// The joiner's state for one node: its streams, and the flows that its agents reported first, in the order in which they are
/// evicted: by what is left to report of them, then the longest unchanged first.
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

    /// <summary>Flows that have ended and whose other side could still be reported.</summary>
    public ChangeOrder<JoinedFlow> EndedMissingSide { get; } = new();

    /// <summary>Open flows that are not worth an established connection: UDP conversations, failures, and half-open connections.</summary>
    public ChangeOrder<JoinedFlow> Brief { get; } = new();

    /// <summary>Established TCP connections.</summary>
    public ChangeOrder<JoinedFlow> Established { get; } = new();
    public int Flows => EndedMissingSide.Count + Brief.Count + Established.Count;

    /// <summary>The least valuable flow that is no established connection; null if there is none.</summary>
    public JoinedFlow? FirstBrief => EndedMissingSide.First ?? Brief.First;

    /// <summary>The least valuable flow.</summary>
    public JoinedFlow? First => FirstBrief ?? Established.First;

    public ChangeOrder<JoinedFlow> GetOpen(JoinedFlow flow) =>
        flow is { Protocol: Protocol.Tcp, WasEstablished: true, Decision.Verdict: not Verdict.Dropped } ? Established : Brief;
}
