using System.Globalization;
using Depmap.Common;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary>
/// Parses the start or the end of a period: a duration before now, a time (RFC 3339), or a date or clock time in the local time zone.
/// </summary>
internal static class SinceParser
{
    /// <summary>The value's name in help.</summary>
    public const string ValueName = "DURATION|TIME";

    private const string Use =
        "use a duration such as 90s, 1h30m or 7d, or a time such as 2026-05-04T10:11:12Z, 2026-05-04T10:11, 2026-05-04 or 10:11";

    private static readonly string[] LocalTimes =
    [
        "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm",
        // Midnight, as for journalctl, for the end of a period too.
        "yyyy-MM-dd",
    ];

    private static readonly string[] ClockTimes = ["HH:mm", "HH:mm:ss"];

    /// <returns>Unix time in nanoseconds, never negative.</returns>
    public static Parsed<long> Parse(string text, TimeProvider timeProvider)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (DayDuration.TryParse(text, out TimeSpan duration))
        {
            TimeSpan sinceEpoch = now - DateTimeOffset.UnixEpoch;
            return duration < sinceEpoch ? (sinceEpoch - duration).Ticks * TimeSpan.NanosecondsPerTick : 0;
        }

        return UnixTime.TryParseRfc3339(text, out long unixNanoseconds)
            || TryParseLocal(text, now, timeProvider.LocalTimeZone, out unixNanoseconds)
            ? unixNanoseconds
            : Parsed<long>.Invalid(Use);
    }

    /// <summary>A clock time is the last one: today, or yesterday if it is still to come.</summary>
    private static bool TryParseLocal(string text, DateTimeOffset now, TimeZoneInfo zone, out long unixNanoseconds)
    {
        unixNanoseconds = 0;
        if (DateTime.TryParseExact(text, LocalTimes, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
        {
            if (!IsInRange(local.Year))
                return false;
        }
        else if (TimeOnly.TryParseExact(text, ClockTimes, CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly clock))
        {
            DateTime here = TimeZoneInfo.ConvertTime(now, zone).DateTime;
            local = here.Date + clock.ToTimeSpan();
            if (local > here)
                local = local.AddDays(-1);
        }
        else
        {
            return false;
        }

        // The first day of 1970 may begin before the epoch.
        unixNanoseconds = Math.Max(0, UnixTime.Of(new DateTimeOffset(local, zone.GetUtcOffset(local))));
        return true;
    }

    /// <summary>Nanoseconds since 1970 end in 2262.</summary>
    private static bool IsInRange(int year) => year is >= 1970 and <= 2261;
}
