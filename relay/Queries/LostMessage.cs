using Depmap.Relay.Agents;
using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Queries;

/// <summary>Creates the report of lost data for readers.</summary>
internal static class LostMessage
{
    /// <param name="missed">Flows that this reader was too slow for.</param>
    public static LostReport Create(in LostTotals agents, RelayLost.Totals relay, ulong missed = 0) => new()
    {
        Agents = agents.ToMessage(),
        Reader = missed,
        Flows = relay.Flows,
        ForgottenFlows = relay.ForgottenFlows,
    };
}
