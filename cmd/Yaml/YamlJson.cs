using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Depmap.Plugin.Yaml;

/// <summary>Reads YAML as JSON (YAML 1.2.2, 10.3: the core schema).</summary>
internal static partial class YamlJson
{
    /// <summary>The documents of <paramref name="text"/>, without empty ones.</summary>
    /// <exception cref="YamlException">The text is not valid YAML.</exception>
    public static IEnumerable<JsonNode> Read(TextReader text)
    {
        var stream = new YamlStream();
        stream.Load(text);
        foreach (YamlDocument document in stream.Documents)
        {
            if (Convert(document.RootNode) is { } node)
                yield return node;
        }
    }

    /// <summary>Whether a string would be read as another type if it were written without quotes.</summary>
    public static bool NeedsQuotes(string text) => ReadPlain(text)?.GetValueKind() != JsonValueKind.String;

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(
            child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, Convert(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => ReadPlain(plain.Value ?? ""),
        YamlScalarNode quoted => JsonValue.Create(quoted.Value),
        _ => null,
    };

    private static JsonValue? ReadPlain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" => JsonValue.Create(true),
        "false" or "False" or "FALSE" => JsonValue.Create(false),
        _ when WholeNumber().IsMatch(text)
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
        _ when RealNumber().IsMatch(text) => JsonValue.Create(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(text),
    };

    [GeneratedRegex(@"^[-+]?[0-9]+$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex RealNumber();
}
