using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Depmap.Plugin.Install;

/// <summary>Writes objects as kubectl does: block style, lists not indented below their name, keys in the order given.</summary>
internal static partial class YamlText
{
    /// <summary>One document an object.</summary>
    public static string Write(IEnumerable<JsonObject> documents)
    {
        var text = new StringBuilder();
        foreach (JsonObject document in documents)
        {
            if (text.Length > 0)
                text.Append("---\n");
            Members(text, document, indent: 0, behindDash: false);
        }

        return text.ToString();
    }

    private static void Members(StringBuilder text, JsonObject map, int indent, bool behindDash)
    {
        foreach ((string name, JsonNode? value) in map)
        {
            if (!behindDash)
                text.Append(' ', indent);
            behindDash = false;
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
                Members(text, map, indent + 2, behindDash: false);
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
                Members(text, map, indent + 2, behindDash: true);
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
        if (isText && leaf.EndsWith('\n') && !leaf.StartsWith(' ') && !leaf.EndsWith("\n\n", StringComparison.Ordinal))
        {
            text.Append(" |\n");
            foreach (string line in leaf.TrimEnd('\n').Split('\n'))
                text.Append(' ', line.Length > 0 ? indent + 2 : 0).Append(line).Append('\n');
            return;
        }

        text.Append(' ').Append(isText ? Scalar(leaf) : leaf).Append('\n');
    }

    private static string Scalar(string text) =>
        Plain().IsMatch(text) && !YamlJson.IsTakenForAnother(text) && text is not ("y" or "n" or "yes" or "no" or "on" or "off")
            ? text
            : JsonValue.Create(text).ToJsonString();

    // Fewer than YAML allows, so that no rule of it needs to be known by whoever reads this.
    [GeneratedRegex(@"^[A-Za-z0-9/_.$-][A-Za-z0-9/_.+=@-]*(?::[A-Za-z0-9/_.+=@-]+)*$(?<!^-.*)|^--[a-z][A-Za-z0-9/_.+=:-]*[A-Za-z0-9]$")]
    private static partial Regex Plain();
}
