using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>
/// Draws the map as a page that needs no other file and no network. All positions are computed here; the page only draws them.
/// </summary>
internal static class MapHtml
{
    /// <param name="about">What is known of the whole map.</param>
    public static string Write(IReadOnlyList<Edge> edges, string about = "") =>
        new PageTemplate("start.js") { About = about }.Fill(PageData.Write(MapGraph.Of(edges)));
}
