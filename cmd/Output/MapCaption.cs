using Depmap.Common;
using Depmap.Plugin.Maps;

namespace Depmap.Plugin.Output;

/// <summary>
/// The line below a map that is passed on as a file: which time it counts and what it does not show, which its readers cannot ask.
/// </summary>
internal static class MapCaption
{
    /// <param name="period">In UTC, because the readers may be anywhere.</param>
    /// <param name="notes">What the map does not show, and what is missing; null for nothing.</param>
    public static string Of(MapPeriod period, IEnumerable<string?> notes)
    {
        string until = Utc(period.Until);
        string counted = period.From > 0 ? $"Counted from {Utc(period.From)} to {until} UTC" : $"Counted until {until} UTC";
        return PlainText.Of(string.Join("; ", [counted, .. notes.OfType<string>().Where(note => note.Length > 0)]).ReplaceLineEndings(" "));
    }

    private static string Utc(long unixNanoseconds) => $"{UnixTime.ToUtc(unixNanoseconds):yyyy-MM-dd HH:mm:ss}";
}
