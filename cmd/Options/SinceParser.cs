using System.Globalization;
using Depmap.Common;
using Depmap.Common.Options;

namespace Depmap.Plugin.Options;

/// <summary>Parses the start of a period: a duration before now, or a time (RFC 3339).</summary>
internal static class SinceParser
{
    private const string Use = "use a duration such as 90s, 5m or 1h30m, or a time such as 2026-05-04T10:11:12Z";

    /// <returns>Unix time in nanoseconds, never negative.</returns>
    public static Parsed<long> Parse(string text, DateTimeOffset now)
    {
        if (GoDuration.TryParse(text, out TimeSpan duration))
        {
            TimeSpan sinceEpoch = now - DateTimeOffset.UnixEpoch;
            return duration < sinceEpoch ? (sinceEpoch - duration).Ticks * TimeSpan.NanosecondsPerTick : 0;
        }

        return TryParseTime(text, out long unixNanoseconds) ? unixNanoseconds : Parsed<long>.Invalid(Use);
    }

    /// <summary>RFC 3339 5.6 with nanoseconds, so that a <c>time</c> printed by <c>observe</c> can be used as it is.</summary>
    private static bool TryParseTime(string text, out long unixNanoseconds)
    {
        unixNanoseconds = 0;
        long fraction = 0;
        int point = text.IndexOf('.');
        if (point >= 0)
        {
            string digits = string.Concat(text.Skip(point + 1).TakeWhile(char.IsAsciiDigit));
            if (digits.Length is 0 or > 9)
                return false;
            fraction = long.Parse(digits.PadRight(9, '0'), CultureInfo.InvariantCulture);
            text = text.Remove(point, digits.Length + 1);
        }

        // "K" would also accept a time without an offset.
        string offset = text.EndsWith('Z') ? "'Z'" : "zzz";
        if (!DateTimeOffset.TryParseExact(
                text,
                "yyyy-MM-dd'T'HH:mm:ss" + offset,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out DateTimeOffset time)
            || time.Year is < 1970 or > 2261)
        {
            return false;
        }

        unixNanoseconds = (time.ToUnixTimeSeconds() * UnixTime.Second) + fraction;
        return true;
    }
}
