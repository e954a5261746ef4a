using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Describes known data loss in one line.</summary>
internal static class LostLine
{
    /// <param name="unmapped">Flows whose edges the map had no space for.</param>
    /// <returns>Null if nothing was lost.</returns>
    public static string? Describe(LostReport? report, ulong unmapped = 0)
    {
        LostReport all = report ?? new LostReport();
        Lost agents = all.Agents ?? new Lost();
        string?[] kinds =
        [
            Kind(agents.Moments, "openings and closings at the agents' ring buffers"),
            Kind(agents.Evictions, "flow updates at the agents' ring buffers"),
            Kind(agents.Drops, "drops at the agents' ring buffers"),
            Kind(agents.Connections, "connections and UDP conversations that agents had no room for", prefix: "at most "),
            Kind(agents.Answers, "DNS answers at the agents"),
            Kind(agents.HostConnections, "connections of pods on a node's network at the agents"),
            Kind(all.Flows, "flows the relay had no room for"),
            Kind(all.ForgottenFlows, "flows whose end and further bytes the relay had no room for"),
            Kind(all.Reader, "flows this reader was too slow for"),
            Kind(unmapped, "flows the map had no room for"),
        ];
        string[] lost = [.. kinds.OfType<string>()];
        return lost.Length > 0 ? $"lost: {string.Join(", ", lost)}" : null;
    }

    private static string? Kind(ulong count, string what, string prefix = "") => count > 0 ? $"{prefix}{count} {what}" : null;
}
