using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Depmap.Plugin.Install;

/// <summary>Reads YAML as the JSON it stands for (YAML 1.2.2, 10.3: the core schema).</summary>
internal static partial class YamlJson
{
    /// <summary>Each document of <paramref name="text"/>; an empty one is left out.</summary>
    /// <exception cref="YamlException">It is no YAML.</exception>
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
        _ when WholeNumber().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) =>
            JsonValue.Create(whole),
        _ when RealNumber().IsMatch(text) => JsonValue.Create(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)),
        _ => JsonValue.Create(text),
    };

    /// <summary>Whether a text, written plainly, would be read as something else than a text.</summary>
    public static bool IsTakenForAnother(string text) => ReadPlain(text)?.GetValueKind() != System.Text.Json.JsonValueKind.String;

    [GeneratedRegex(@"^[-+]?[0-9]+$")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")]
    private static partial Regex RealNumber();
}
