using Depmap.Plugin.Maps;
using Depmap.Plugin.Output;
using Depmap.Plugin.Pictures;
using Depmap.V1;

namespace Depmap.Plugin.Commands;

/// <summary>Prints a map in the format that the user chose.</summary>
internal static class MapPrinter
{
    /// <param name="caption">What a picture says of the whole map.</param>
    public static string Write(
        MapFormat format, IReadOnlyList<Edge> edges, MapPeriod period, string caption, DateTimeOffset now, TableStyle style) =>
        format switch
        {
            MapFormat.Json => MapJson.Write(MapFields.Of(edges, period)),
            MapFormat.Yaml => MapYaml.Write(MapFields.Of(edges, period)),
            MapFormat.Csv => MapCsv.Write(edges, !style.NoHeadings),
            MapFormat.Markdown => MapMarkdown.Write(edges, now, caption),
            MapFormat.Name => MapNames.Write(edges),
            MapFormat.Dot => MapDot.Write(edges, caption),
            MapFormat.Mermaid => MapMermaid.Write(edges, caption),
            MapFormat.Svg => MapSvg.Write(edges, caption),
            MapFormat.Html => MapHtml.Write(edges, caption),
            _ => MapTable.Write(edges, now, style, isWide: format == MapFormat.Wide),
        };

    /// <summary>Whether the format is for people, who are told what it does not show, and that there are no edges.</summary>
    public static bool IsForPeople(MapFormat format) => format is MapFormat.Table or MapFormat.Wide;

    /// <summary>Whether a map without edges is printed too, because a program reads it.</summary>
    public static bool PrintsEmpty(MapFormat format) => format is MapFormat.Json or MapFormat.Yaml or MapFormat.Csv;
}
