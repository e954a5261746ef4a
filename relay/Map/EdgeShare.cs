using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Map;

/// <summary>
/// What one flow adds to the counters of its edge, kept so that it can be subtracted exactly. Callers keep it for the
/// flow and pass it back to <see cref="EdgeMap.Put"/>; only the map reads or changes it.
/// </summary>
internal sealed class EdgeShare
{
    /// <summary>Null before the flow is counted.</summary>
    public Edge? Edge { get; set; }
    public ulong BytesToServer { get; private set; }
    public ulong BytesToClient { get; private set; }
    public ulong HandshakeNs { get; private set; }
    public bool Guessed { get; private set; }
    public bool Dropped { get; private set; }

    /// <summary>The reason that the drop is counted under.</summary>
    public DropReason Reason { get; set; }
    public string Detail { get; set; } = "";

    /// <summary>The nodes that the flow is counted under; null before the flow is counted.</summary>
    public NodeTraffic? Nodes { get; set; }

    /// <summary>Whether the flow's bytes are counted as crossing zones; null if a zone is not known.</summary>
    public bool? CrossesZones { get; set; }

    /// <summary>The addresses that are counted for a group; null for other ends, or if there was no room.</summary>
    public CountedAddress? Client { get; set; }
    public CountedAddress? Server { get; set; }

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

    /// <summary>An address that is counted for a group. A reference, because most flows have none.</summary>
    public sealed record CountedAddress(Address Value);
}
