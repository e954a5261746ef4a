using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>
/// Draws the map as a page that needs no other file and no network. All positions are computed here; the page only draws them.
/// </summary>
internal static class MapHtml
{
    public static string Write(IReadOnlyList<Edge> edges) => new PageTemplate("start.js").Fill(PageData.Write(MapGraph.Of(edges)));
}
