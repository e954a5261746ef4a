using System.Globalization;

namespace Depmap.Common.Options;

/// <summary>Durations as Go and kubectl write them: numbers with units, such as <c>1h30m</c> or <c>1.5h</c>.</summary>
internal static class GoDuration
{
    private static readonly string[] Units = ["h", "ms", "m", "s"];

    /// <param name="duration">Never negative, at most a hundred years.</param>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept("0123456789.");
            if (digits <= 0
                || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            rest = rest[digits..];
            string? unit = null;
            foreach (string candidate in Units)
            {
                if (unit is null && rest.StartsWith(candidate, StringComparison.Ordinal))
                    unit = candidate;
            }

            double seconds = unit switch
            {
                "h" => number * 3600,
                "m" => number * 60,
                "s" => number,
                "ms" => number / 1000,
                _ => double.NaN,
            };
            double total = duration.TotalSeconds + seconds;
            // The limit keeps date arithmetic in range. NaN fails the comparison too.
            if (!(total <= TimeSpan.SecondsPerDay * 36_525L))
                return false;

            duration = TimeSpan.FromSeconds(total);
            rest = rest[unit!.Length..];
        }

        return text.Length > 0;
    }
}
