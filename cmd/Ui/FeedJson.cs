using System.Text.Json;
using Depmap.Common;
using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Ui;

/// <summary>The lines that pages receive, which ui.js reads.</summary>
internal static class FeedJson
{
    /// <param name="feed">What it is about: the map or the flows.</param>
    public static string Problem(string feed, string text) => Serialize(new FeedLine(feed) { Problem = OneLine(text) });

    /// <inheritdoc cref="Problem"/>
    public static string Note(string feed, string text) => Serialize(new FeedLine(feed) { Note = OneLine(text) });

    /// <param name="text">What is known to be missing.</param>
    public static string Lost(string text) => Serialize(new FeedLine(FlowFeed.Name) { Lost = OneLine(text) });

    /// <param name="leftOut">Flows since the last line that are in none.</param>
    public static string Flows(IReadOnlyList<FlowRow> flows, long leftOut) =>
        Serialize(new FeedLine(FlowFeed.Name) { Flows = flows, LeftOut = leftOut > 0 ? leftOut : null });

    /// <summary>What is to be known about a map: the time in which it counts, and what it does not show.</summary>
    /// <param name="isOver">Whether it counts until then, not until now.</param>
    public static string About(MapPeriod period, bool isOver, string[] notes) => JsonSerializer.Serialize(
        new MapAbout(
            period.From > 0 ? UnixTime.ToRfc3339(period.From) : null,
            isOver ? UnixTime.ToRfc3339(period.Until) : null,
            [.. notes.Select(OneLine)]),
        FeedJsonContext.Default.MapAbout);

    private static string OneLine(string text) => PlainText.Of(text.ReplaceLineEndings(" "));

    private static string Serialize(FeedLine line) => JsonSerializer.Serialize(line, FeedJsonContext.Default.FeedLine);
}
