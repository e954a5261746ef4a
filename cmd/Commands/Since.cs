using System.Globalization;

namespace Depmap.Plugin.Commands;

/// <summary>Reads the start of a time span: how long ago (as kubectl writes it), or when (RFC 3339).</summary>
internal static class Since
{
    private const string Use = "use a duration such as 90s, 5m or 1h30m, or a time such as 2026-05-04T10:11:12Z";

    private static readonly string[] Units = ["h", "ms", "m", "s"];

    /// <returns>Unix time in nanoseconds; never negative.</returns>
    public static Reading<long> Read(string text, DateTimeOffset now)
    {
        if (TryReadDuration(text, out TimeSpan ago))
        {
            TimeSpan sinceEpoch = now - DateTimeOffset.UnixEpoch;
            return ago < sinceEpoch ? (sinceEpoch - ago).Ticks * TimeSpan.NanosecondsPerTick : 0;
        }

        return TryReadTime(text, out long unixNanoseconds) ? unixNanoseconds : Reading<long>.Wrong(Use);
    }

    /// <summary>Go's duration, as in kubectl's flags: numbers with units, such as <c>1h30m</c> or <c>1.5h</c>.</summary>
    public static bool TryReadDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
                return false;

            rest = rest[digits..];
            string? unit = null;
            foreach (string candidate in Units)
            {
                if (unit is null && rest.StartsWith(candidate, StringComparison.Ordinal))
                    unit = candidate;
            }

            double seconds = unit switch { "h" => number * 3600, "m" => number * 60, "s" => number, "ms" => number / 1000, _ => double.NaN };
            double total = duration.TotalSeconds + seconds;
            // A hundred years is more than any relay holds, and keeps the arithmetic in range.
            if (!(total <= TimeSpan.SecondsPerDay * 36_525L))
                return false;

            duration = TimeSpan.FromSeconds(total);
            rest = rest[unit!.Length..];
        }

        return text.Length > 0;
    }

    /// <summary>RFC 3339 5.6, to the nanosecond, so that a <c>time</c> printed by <c>observe</c> can be given back.</summary>
    private static bool TryReadTime(string text, out long unixNanoseconds)
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

        // "K" would also take a time without an offset.
        string offset = text.EndsWith('Z') ? "'Z'" : "zzz";
        if (!DateTimeOffset.TryParseExact(
                text, "yyyy-MM-dd'T'HH:mm:ss" + offset, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            || time.Year is < 1970 or > 2261)
        {
            return false;
        }

        unixNanoseconds = (time.ToUnixTimeSeconds() * 1_000_000_000) + fraction;
        return true;
    }
}
