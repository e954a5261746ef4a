using Depmap.V1;

namespace Depmap.Relay.Agents;

/// <summary>The state of an agent process, as shown to readers.</summary>
/// <param name="Attachments">From the last batch; null before the first batch, and for older agents.</param>
/// <param name="LastReportAt">Unix nanoseconds.</param>
/// <param name="DisconnectedAt">When its last stream ended, Unix nanoseconds; meaningless while it is connected.</param>
/// <param name="InvalidReports">Number of sightings, DNS answers and host connections that were ignored.</param>
internal sealed record AgentState(
    Hello Hello,
    bool Connected,
    LostTotals Lost,
    uint Interfaces,
    Attachments? Attachments,
    long LastReportAt,
    ClockSkew ClockSkew = default,
    long DisconnectedAt = 0,
    ulong InvalidReports = 0);
