using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Describes known data loss in one line.</summary>
internal static class LostLine
{
    /// <param name="unmapped">Flows that the map had no space for.</param>
    /// <returns>Null if nothing was lost.</returns>
    public static string? Describe(LostReport? report, ulong unmapped = 0)
    {
        Lost agents = report?.Agents ?? new Lost();
        (ulong Count, string What)[] kinds =
        [
            (agents.Moments, "openings and closings at the agents' ring buffers"),
            (agents.Evictions, "flow updates at the agents' ring buffers"),
            (agents.Drops, "drops at the agents' ring buffers"),
            (agents.Sightings, "sightings that agents could not hold for the relay"),
            (agents.Answers, "DNS answers at the agents"),
            (agents.HostConnections, "connections of pods on a node's network at the agents"),
            (report?.Reader ?? 0, "flows this reader was too slow for"),
            (unmapped, "flows the map had no room for"),
        ];
        string[] lost = [.. kinds.Where(kind => kind.Count > 0).Select(kind => $"{kind.Count} {kind.What}")];
        return lost.Length > 0 ? $"lost: {string.Join(", ", lost)}" : null;
    }
}
