using System.Text.Json;
using Depmap.Common;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Ui;

/// <summary>The lines that pages receive, which ui.js reads. Each is an object with one of these members, or a map.</summary>
internal static class FeedJson
{
    public static string Problem(string text) => Serialize(new FeedLine { Problem = PlainText.Of(text.ReplaceLineEndings(" ")) });

    public static string Note(string text) => Serialize(new FeedLine { Note = PlainText.Of(text.ReplaceLineEndings(" ")) });

    /// <param name="leftOut">Flows since the last line that are in none.</param>
    public static string Flows(IReadOnlyList<FlowRow> flows, long leftOut) =>
        Serialize(new FeedLine { Flows = flows, LeftOut = leftOut > 0 ? leftOut : null });

    /// <summary>What is to be known about a map: the time in which it counts, and what it does not show.</summary>
    /// <param name="isOver">Whether it counts until then, not until now.</param>
    public static string About(MapPeriod period, bool isOver, string[] notes) => JsonSerializer.Serialize(
        new MapAbout(
            period.From > 0 ? UnixTime.ToRfc3339(period.From) : null,
            isOver ? UnixTime.ToRfc3339(period.Until) : null,
            [.. notes.Select(PlainText.Of)]),
        FeedJsonContext.Default.MapAbout);

    private static string Serialize(FeedLine line) => JsonSerializer.Serialize(line, FeedJsonContext.Default.FeedLine);
}
