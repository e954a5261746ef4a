using System.Globalization;

namespace Depmap.Common;

/// <summary>Unix time in nanoseconds, the unit of all times on the wire.</summary>
internal static class UnixTime
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000 * Millisecond;
    public const long Minute = 60 * Second;

    /// <summary>Far beyond any clock. Differences and sums of two times from 0 to this do not overflow.</summary>
    public const long Max = 1L << 62;

    public static long UnixNanoseconds(this TimeProvider timeProvider) => Of(timeProvider.GetUtcNow());

    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100;

    /// <summary>Rounded down to 100 ns, the resolution of <see cref="DateTimeOffset"/>.</summary>
    public static DateTimeOffset ToUtc(long unixNanoseconds)
    {
        long seconds = WholeSeconds(unixNanoseconds);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks((unixNanoseconds - (seconds * Second)) / TimeSpan.NanosecondsPerTick);
    }

    /// <summary>RFC 3339 in UTC, always with nine fractional digits.</summary>
    public static string ToRfc3339(long unixNanoseconds) =>
        $"{ToUtc(unixNanoseconds):yyyy-MM-dd'T'HH:mm:ss}.{unixNanoseconds - (WholeSeconds(unixNanoseconds) * Second):D9}Z";

    /// <summary>RFC 3339 5.6 with nanoseconds, from 1970 to 2261.</summary>
    public static bool TryParseRfc3339(string text, out long unixNanoseconds)
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

        unixNanoseconds = (time.ToUnixTimeSeconds() * Second) + fraction;
        return true;
    }

    // Rounded down, also before 1970.
    private static long WholeSeconds(long unixNanoseconds) => (unixNanoseconds / Second) - (unixNanoseconds % Second < 0 ? 1 : 0);
}
