using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>
/// What one flow adds to the counters of its edge, kept so that it can be subtracted exactly. Callers keep it for the
/// flow and pass it back to <see cref="EdgeMap.Put"/>; only the map reads or changes it.
/// </summary>
internal sealed class EdgeShare
{
    /// <summary>Null if the map was full: the flow is then counted as unmapped.</summary>
    public Edge? Edge { get; set; }
    public ulong BytesToServer { get; private set; }
    public ulong BytesToClient { get; private set; }
    public ulong HandshakeNs { get; private set; }
    public bool Guessed { get; private set; }
    public bool Dropped { get; private set; }

    /// <summary>The reason that the drop is counted under.</summary>
    public DropReason Reason { get; set; }
    public string Detail { get; set; } = "";

    public void Set(in NamedFlow flow)
    {
        BytesToServer = flow.BytesToServer;
        BytesToClient = flow.BytesToClient;
        HandshakeNs = flow.HandshakeNs;
        Guessed = flow.Guessed;
        Dropped = flow.Decision.Verdict == Verdict.Dropped;
        Reason = flow.Decision.Reason;
        Detail = flow.Decision.Detail ?? "";
    }
}
