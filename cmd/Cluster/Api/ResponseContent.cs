using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>The body of a response, which a proxy or another kind of server may have sent.</summary>
/// <param name="Json">Null if the body is not JSON.</param>
/// <param name="Text">The first part of the body.</param>
internal sealed partial record ResponseContent(JsonNode? Json, string Text)
{
    private const int MaxShown = 80;
    private const int MaxText = 4096;
    // Objects of custom resources may be nested deeper than .NET's 64 levels.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 500, AllowDuplicateProperties = false };

    /// <summary>How Go's HTTP server, which the API server uses, answers a path that it does not serve.</summary>
    public bool IsUnknownPath => Text.Trim() == "404 page not found";

    /// <summary>How Go's and nginx's HTTPS servers answer a request without TLS.</summary>
    public bool IsHttpsExpected => Text.Contains("HTTP request to an HTTPS server", StringComparison.Ordinal)
        || Text.Contains("plain HTTP request was sent to HTTPS port", StringComparison.Ordinal);

    public static ResponseContent Read(byte[] body)
    {
        string text = Encoding.UTF8.GetString(body, 0, Math.Min(body.Length, MaxText));
        try
        {
            return new ResponseContent(body.Length > 0 ? JsonNode.Parse(body, null, Options) : null, text);
        }
        catch (JsonException)
        {
            return new ResponseContent(null, text);
        }
    }

    /// <summary>The body as an object of the API.</summary>
    /// <param name="field">A field that each such object has.</param>
    /// <returns>Null if it is something else.</returns>
    public JsonObject? ObjectWith(string field) => Json is JsonObject map && map.ContainsKey(field) ? map : null;

    /// <summary>What the body is, such as <c>an HTML page titled "Sign in"</c>.</summary>
    public string Describe(string field) => Json switch
    {
        JsonObject => $"a JSON object without {field}",
        JsonArray => "a JSON array",
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.String => "a JSON string",
            JsonValueKind.Number => "a JSON number",
            _ => $"the JSON value {value.ToJsonString()}",
        },
        _ => DescribeText(Text.Trim()),
    };

    private static string DescribeText(string text)
    {
        if (text.Length == 0)
            return "no content";
        if (text is "null")
            return "the JSON value null";
        if (text[0] is '{' or '[' or '"')
            return "incomplete or invalid JSON";
        if (text[0] != '<')
            return $"the text \"{Shorten(text.Split('\n')[0].Trim())}\"";
        return Title().Match(text) is { Success: true } title
            ? $"an HTML page titled \"{Shorten(title.Groups[1].Value.ReplaceLineEndings(" ").Trim())}\""
            : "an HTML or XML page";
    }

    private static string Shorten(string text) => text.Length <= MaxShown ? text : $"{text[..MaxShown]}…";

    [GeneratedRegex("<title>(.*?)</title>", RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Title();
}
