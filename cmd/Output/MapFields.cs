using Depmap.Common;
using Depmap.Plugin.Maps;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>
/// The JSON fields of the map, in output order. Null fields are left out. Fields are added, but never change their meaning.
/// </summary>
/// <param name="Version">Of this format: a reader refuses a newer one.</param>
/// <param name="Time">When the map was read.</param>
/// <param name="Since">Since when it counts; null if that is not known.</param>
internal sealed record MapFields(int Version, string? Time, string? Since, EdgeFields[] Edges)
{
    public const int CurrentVersion = 1;

    public static MapFields Of(IReadOnlyList<Edge> edges, MapPeriod period) => new(
        CurrentVersion, Rfc3339(period.Until), Rfc3339(period.From), [.. edges.Select(EdgeFields.Of)]);

    private static string? Rfc3339(long unixNanoseconds) => unixNanoseconds > 0 ? UnixTime.ToRfc3339(unixNanoseconds) : null;
}
