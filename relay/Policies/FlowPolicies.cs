using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Policies;

/// <summary>
/// Finds the policies of dropped flows, as of their publication. One caller at a time; flows with the same ends and port share the
/// result until the policies or pods change.
/// </summary>
internal sealed class FlowPolicies
{
    private const int MaxKnown = 4096;

    private readonly Dictionary<PolicyConnection, PolicyVerdict> _known = [];
    private PolicyTable _table = PolicyTable.Empty;

    /// <summary>
    /// Null for a flow that no policy can have dropped, and for a timeout that the policies do not explain: the other side may just
    /// be silent.
    /// </summary>
    public PolicyVerdict? Explain(in NamedFlow flow, PolicyTable table)
    {
        if (!IsCandidate(flow))
            return null;
        if (_table != table || _known.Count >= MaxKnown)
            _known.Clear();
        _table = table;
        PolicyConnection connection = ConnectionOf(flow);
        if (!_known.TryGetValue(connection, out PolicyVerdict? verdict))
            _known.Add(connection, verdict = VerdictMessage.Create(table, connection));
        return verdict.Allowed && flow.Decision.Reason == DropReason.Timeout ? null : verdict;
    }

    /// <summary>The same for a flow to one of several backends: null if the policies differ in what they decide about them.</summary>
    public PolicyVerdict? Explain(IReadOnlyList<NamedFlow> possible, PolicyTable table)
    {
        PolicyVerdict?[] verdicts = [.. possible.Select(flow => Explain(flow, table))];
        return verdicts.Length > 0 && verdicts.All(verdict => verdict?.Allowed == verdicts[0]?.Allowed) ? verdicts[0] : null;
    }

    /// <summary>Whether policies may have dropped the flow.</summary>
    public static bool IsCandidate(in NamedFlow flow) =>
        flow.Decision is { Verdict: Verdict.Dropped, Reason: DropReason.Policy or DropReason.Timeout };

    public static PolicyConnection ConnectionOf(in NamedFlow flow)
    {
        AddressPort server = flow.Backend ?? flow.Destination;
        return new PolicyConnection(
            new PolicyEnd(flow.SourceOwner, flow.Source.Address),
            new PolicyEnd(flow.DestinationOwner, server.Address),
            flow.Protocol,
            server.Port);
    }
}
