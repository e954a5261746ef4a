using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Maps;

/// <summary>The time in which a map counts.</summary>
/// <param name="From">Unix nanoseconds; 0 if it is not known.</param>
/// <param name="Until">Unix nanoseconds.</param>
internal readonly record struct MapPeriod(long From, long Until)
{
    /// <summary>Of an older relay, which does not report it, a map counts from its first flow.</summary>
    public static MapPeriod Of(MapResponse map, DateTimeOffset now) => new(
        map.CountedFromUnixNs > 0
            ? map.CountedFromUnixNs
            : map.Edges.Select(edge => edge.FirstSeenUnixNs).Where(first => first > 0).DefaultIfEmpty().Min(),
        map.CountedUntilUnixNs > 0 ? map.CountedUntilUnixNs : UnixTime.Of(now));
}
