using System.Globalization;
using Depmap.Common.Options;

namespace Depmap.Relay.Options;

/// <summary>Parses how long, and how much of, the history is kept.</summary>
internal static class RetainParser
{
    private const long MinSize = 1L << 20;

    private static readonly (string Name, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];

    /// <summary>From an hour to ten years.</summary>
    public static Parsed<TimeSpan> Duration(string text) =>
        DayDuration.TryParse(text, out TimeSpan duration) && duration >= TimeSpan.FromHours(1) && duration <= TimeSpan.FromDays(3650)
            ? duration
            : Parsed<TimeSpan>.Invalid("use a duration from 1h to 3650d, such as 7d");

    /// <returns>Bytes.</returns>
    public static Parsed<long> Size(string text)
    {
        foreach ((string name, int shift) in Units)
        {
            if (text.EndsWith(name, StringComparison.Ordinal)
                && long.TryParse(text[..^name.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                && number < 1L << (62 - shift)
                && number << shift >= MinSize)
            {
                return number << shift;
            }
        }

        return Parsed<long>.Invalid("use a size from 1MiB, such as 500MiB or 1GiB");
    }
}
