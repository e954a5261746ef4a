using System.Globalization;

namespace Depmap.Common.Options;

/// <summary>Durations as <see cref="GoDuration"/> has them, and days before them: <c>7d</c> or <c>1d12h</c>.</summary>
internal static class DayDuration
{
    // The limit of GoDuration.
    private const double MaxDays = 36_525;

    /// <param name="duration">Never negative, at most a hundred years.</param>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        int unit = text.IndexOf('d');
        if (unit < 0)
            return GoDuration.TryParse(text, out duration);

        duration = TimeSpan.Zero;
        TimeSpan rest = TimeSpan.Zero;
        if (!double.TryParse(text.AsSpan(0, unit), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double days)
            || days > MaxDays
            || (text.Length > unit + 1 && !GoDuration.TryParse(text[(unit + 1)..], out rest))
            || days + rest.TotalDays > MaxDays)
        {
            return false;
        }

        duration = TimeSpan.FromDays(days) + rest;
        return true;
    }
}
