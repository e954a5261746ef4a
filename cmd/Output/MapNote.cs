using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>The line that says what a table of the map does not show.</summary>
internal static class MapNote
{
    /// <param name="map">What the relay returned.</param>
    /// <param name="cut">The number of edges that <c>--top</c> left out.</param>
    /// <returns>Null if everything is shown.</returns>
    public static string? Describe(MapResponse map, int cut)
    {
        (uint Count, string Kind)[] kinds =
        [
            (map.HiddenProbes, "of probes (--include-probes)"),
            (map.HiddenDepmap, "of Depmap (--include-depmap)"),
            (map.HiddenMulticast, "of multicast (--include-multicast)"),
            ((uint)cut, "beyond --top"),
        ];
        string[] notShown = [.. kinds.Where(kind => kind.Count > 0).Select(kind => $"{kind.Count} {kind.Kind}")];
        return notShown.Length > 0 ? $"edges not shown: {string.Join(", ", notShown)}" : null;
    }
}
