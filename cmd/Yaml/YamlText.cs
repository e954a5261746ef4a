using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Yaml;

/// <summary>Writes objects as YAML like kubectl: block style, lists not indented below their key, keys in their given order.</summary>
internal static partial class YamlText
{
    /// <summary>Writes one document per object.</summary>
    public static string Write(IEnumerable<JsonObject> documents)
    {
        var text = new StringBuilder();
        foreach (JsonObject document in documents)
        {
            if (text.Length > 0)
                text.Append("---\n");
            Members(text, document, indent: 0, afterDash: false);
        }

        return text.ToString();
    }

    private static void Members(StringBuilder text, JsonObject map, int indent, bool afterDash)
    {
        foreach ((string name, JsonNode? value) in map)
        {
            if (!afterDash)
                text.Append(' ', indent);
            afterDash = false;
            text.Append(Scalar(name)).Append(':');
            Value(text, value, indent);
        }
    }

    private static void Value(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('\n');
                Members(text, map, indent + 2, afterDash: false);
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('\n');
                Items(text, list, indent);
                break;
            default:
                Leaf(text, value, indent);
                break;
        }
    }

    private static void Items(StringBuilder text, JsonArray list, int indent)
    {
        foreach (JsonNode? item in list)
        {
            text.Append(' ', indent).Append('-');
            if (item is JsonObject { Count: > 0 } map)
            {
                text.Append(' ');
                Members(text, map, indent + 2, afterDash: true);
            }
            else
            {
                Value(text, item, indent + 2);
            }
        }
    }

    private static void Leaf(StringBuilder text, JsonNode? value, int indent)
    {
        string leaf = value switch
        {
            null => "null",
            JsonObject => "{}",
            JsonArray => "[]",
            _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            _ => value.ToJsonString(),
        };
        bool isText = value?.GetValueKind() == JsonValueKind.String;
        if (isText && leaf.EndsWith('\n') && !leaf.StartsWith(' ') && !leaf.EndsWith("\n\n", StringComparison.Ordinal)
            && !leaf.Any(letter => letter != '\n' && char.IsControl(letter)))
        {
            text.Append(" |\n");
            foreach (string line in leaf.TrimEnd('\n').Split('\n'))
                text.Append(' ', line.Length > 0 ? indent + 2 : 0).Append(line).Append('\n');
            return;
        }

        text.Append(' ').Append(isText ? Scalar(leaf) : leaf).Append('\n');
    }

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && !YamlScalar.NeedsQuotes(text) && !Timestamp().IsMatch(text)
        && text is not ("y" or "n" or "yes" or "no" or "on" or "off")
            ? text
            : JsonValue.Create(text).ToJsonString();

    // Stricter than YAML, so that no reader needs to know YAML's rules for plain scalars.
    [GeneratedRegex(@"^[A-Za-z0-9/_.$-][A-Za-z0-9/_.+=@-]*(?::[A-Za-z0-9/_.+=@-]+)*$(?<!^-.*)|^--[a-z][A-Za-z0-9/_.+=:-]*[A-Za-z0-9]$")]
    private static partial Regex Plain();

    // YAML 1.1 has a type for times, which some readers still give them.
    [GeneratedRegex("^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")]
    private static partial Regex Timestamp();
}
