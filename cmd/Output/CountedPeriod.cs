using Depmap.Common;
using Depmap.V1;

namespace Depmap.Plugin.Output;

/// <summary>Says in a line which period a map counts.</summary>
internal static class CountedPeriod
{
    public const string Ignored = "the relay is of an older version, which keeps no history. Try: kubectl depmap install";

    // The relay rounds to minutes.
    private static readonly long Rounding = UnixTime.Minute;

    /// <summary>Whether the relay, an older one, returned all instead of the period.</summary>
    public static bool IsIgnored(MapResponse map, long since, long until) => map.CountedFromUnixNs == 0 && (since > 0 || until > 0);

    /// <summary>Whether the period is before all that was counted.</summary>
    public static bool IsTooEarly(MapResponse map) => map.CountedUntilUnixNs > 0 && map.CountedUntilUnixNs <= map.CountedFromUnixNs;

    public static string TooEarly(MapResponse map, TimeZoneInfo zone) =>
        $"nothing was counted before {Local(UnixTime.ToUtc(map.CountedFromUnixNs), zone)}";

    /// <summary>Whether less is kept than was requested.</summary>
    /// <param name="since">Unix nanoseconds; 0 for all.</param>
    public static bool IsShorter(MapResponse map, long since) => since > 0 && map.CountedFromUnixNs > since + Rounding;

    /// <param name="since">What was requested, Unix nanoseconds; 0 for all.</param>
    /// <param name="zone">For local times.</param>
    /// <param name="isForPeople">Otherwise a program reads the period in the output, and only what it does not expect is said.</param>
    /// <returns>Null if there is nothing to say, or if the relay, an older one, does not report the period.</returns>
    public static string? Describe(MapResponse map, long since, DateTimeOffset now, TimeZoneInfo zone, bool isForPeople = true)
    {
        if (map.CountedFromUnixNs == 0)
            return null;
        if (IsTooEarly(map))
            return TooEarly(map, zone);
        DateTimeOffset from = UnixTime.ToUtc(map.CountedFromUnixNs);
        string period = map.CountedUntilUnixNs > 0
            ? $"counted from {Local(from, zone)} to {Local(UnixTime.ToUtc(map.CountedUntilUnixNs), zone)}"
            : $"counted since {Local(from, zone)} ({Quantity.Age(now - from)} ago)";
        bool isShorter = IsShorter(map, since);
        string problem = map.HistoryProblem.Length > 0 ? $"\nwarning: {PlainText.Of(map.HistoryProblem)}" : "";
        if (!isForPeople && !isShorter && problem.Length == 0)
            return null;
        return period + (isShorter ? ": nothing older is kept" : "") + problem;
    }

    private static string Local(DateTimeOffset time, TimeZoneInfo zone) => $"{TimeZoneInfo.ConvertTime(time, zone):yyyy-MM-dd HH:mm:ss}";
}
