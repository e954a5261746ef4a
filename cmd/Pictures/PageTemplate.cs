using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Depmap.Plugin.Pictures;

/// <summary>A page of one file: its scripts and styles are in it, and no others may run or apply.</summary>
/// <param name="start">The script that starts it, after those that all pages have.</param>
/// <param name="styles">Files of styles that it alone has.</param>
internal sealed class PageTemplate(string start, params string[] styles)
{
    private static readonly string[] Scripts = ["model.js", "drawing.js", "facts.js", "page.js"];

    public string Title { get; init; } = "Depmap: dependency map";

    /// <summary>What the reader calls this program.</summary>
    public string Program { get; init; } = "kubectl depmap";

    /// <summary>Text next to the counts; empty for a page that says it itself.</summary>
    public string About { get; init; } = "";

    /// <summary>Below the head of the page: HTML, as <see cref="Flows"/>.</summary>
    public string Filters { get; init; } = "";

    /// <summary>Below the map.</summary>
    public string Flows { get; init; } = "";

    /// <param name="data">The map as <see cref="PageData"/> writes it.</param>
    /// <param name="connects">Whether the page asks its server for more. Otherwise no request leaves it.</param>
    public string Fill(string data, bool connects = false)
    {
        string style = string.Concat(((string[])["picture.css", "page.css", .. styles]).Select(PageFile.Read));
        string script = "\n" + string.Concat(((string[])[.. Scripts, start]).Select(PageFile.Read)).Replace("kubectl depmap", Program);
        string policy = $"default-src 'none'; script-src '{Hash(script)}'; style-src '{Hash(style)}'; base-uri 'none'; form-action 'none'"
            + (connects ? "; connect-src 'self'" : "");
        // Data last, so that nothing in it is taken for a place to fill.
        string[] parts = PageFile.Read("map.html")
            .Replace("{{policy}}", policy).Replace("{{title}}", Escaped(Title)).Replace("{{about}}", Escaped(About))
            .Replace("{{filters}}", Filters.Replace("kubectl depmap", Program)).Replace("{{flows}}", Flows)
            .Replace("{{style}}", style).Replace("{{script}}", script)
            .Split("{{data}}");
        return parts[0] + data + parts[1];
    }

    /// <summary>The text in HTML; without braces, so that nothing in it is taken for a place to fill.</summary>
    public static string Escaped(string text) => WebUtility.HtmlEncode(text).Replace("{", "&#123;");

    // As Content Security Policy wants it: of the text between the tags.
    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
