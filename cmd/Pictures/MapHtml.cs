using System.Security.Cryptography;
using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Pictures;

/// <summary>
/// Draws the map as a page that needs no other file and no network. All positions are computed here; the page only draws them.
/// </summary>
internal static class MapHtml
{
    private static readonly string[] Scripts = ["model.js", "drawing.js", "facts.js", "page.js"];

    public static string Write(IReadOnlyList<Edge> edges)
    {
        string style = PageFile.Read("picture.css") + PageFile.Read("page.css");
        string script = "\n" + string.Concat(Scripts.Select(PageFile.Read));
        // Only these two may run and apply; no request leaves the page.
        string policy = $"default-src 'none'; script-src '{Hash(script)}'; style-src '{Hash(style)}'; base-uri 'none'; form-action 'none'";
        // One after the other and data last, so that nothing in the data is taken for a place to fill.
        string[] parts = PageFile.Read("map.html").Split("{{data}}");
        return Filled(parts[0], policy, style, script) + PageData.Write(MapGraph.Of(edges)) + Filled(parts[1], policy, style, script);
    }

    private static string Filled(string template, string policy, string style, string script) =>
        template.Replace("{{policy}}", policy).Replace("{{style}}", style).Replace("{{script}}", script);

    // As Content Security Policy wants it: of the text between the tags.
    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
