using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Common.Options;

namespace Depmap.Plugin.Values;

/// <summary>
/// What <c>chart/values.schema.json</c>, embedded in this program, says about one value. Reads the few keywords of JSON Schema that the
/// file uses: JsonSchema.Net would add 3.6 MB, and <c>--set</c> and the messages need the parts of the schema anyway.
/// </summary>
internal sealed class SchemaPart
{
    private static readonly JsonObject Document = ReadDocument();

    private readonly JsonObject _schema;

    private SchemaPart(JsonObject schema) => _schema = schema;

    /// <summary>All values.</summary>
    public static SchemaPart Root { get; } = new(Document);

    /// <summary>The names that a map may have; empty if it has others, or the value is no map.</summary>
    public IEnumerable<string> Names => _schema["properties"] is JsonObject properties ? properties.Select(member => member.Key) : [];

    /// <summary>The values of a map whose names are the user's; null if there are none.</summary>
    public SchemaPart? Others => _schema["additionalProperties"] is JsonObject part ? Resolve(part) : null;

    /// <summary>The names of a map whose names are the user's; null if any is allowed.</summary>
    public SchemaPart? OtherNames => _schema["propertyNames"] is JsonObject part ? Resolve(part) : null;

    /// <summary>The items of a list; null if the value is no list.</summary>
    public SchemaPart? Items => _schema["items"] is JsonObject part ? Resolve(part) : null;

    public bool IsMap => (string?)(_schema["type"] as JsonValue) == "object";

    /// <summary>The value of a name in a map; null if there is no such name.</summary>
    public SchemaPart? Find(string name) => _schema["properties"]?[name] is JsonObject part ? Resolve(part) : Others;

    /// <summary>The value that a text stands for. It may be invalid.</summary>
    public JsonNode? Read(string text)
    {
        if (text == "null")
            return null;
        if ((_schema["enum"] as JsonArray)?.FirstOrDefault(choice => choice is not null && TextOf(choice) == text) is { } chosen)
            return chosen.DeepClone();
        if (Items is { } items)
        {
            string list = text is ['{', .., '}'] ? text[1..^1] : text;
            return new JsonArray([.. list.Split(',', StringSplitOptions.TrimEntries).Select(items.Read)]);
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        bool allowsNumbers = AllowsType("integer") || AllowsType("number");
        if (allowsNumbers && decimal.TryParse(text, style, CultureInfo.InvariantCulture, out decimal number))
            return JsonValue.Create(number);
        return AllowsType("boolean") && bool.TryParse(text, out bool flag) ? JsonValue.Create(flag) : JsonValue.Create(text);
    }

    /// <summary>What is allowed, if the value itself is not; null if it is. The values in a map or a list are not checked.</summary>
    public string? Check(JsonNode? value) => IsValid(value) ? null : Allowed(value);

    /// <summary>A value as the user writes it.</summary>
    public static string TextOf(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString() ?? "null";

    private bool IsValid(JsonNode? value)
    {
        if (_schema["enum"] is JsonArray choices)
            return choices.Any(choice => JsonNode.DeepEquals(choice, value) || IsSameNumber(choice, value));
        if (!TypesOf(value).Any(AllowsType))
            return false;
        return value?.GetValueKind() switch
        {
            JsonValueKind.String => IsValidText(value.GetValue<string>()),
            JsonValueKind.Number => NumberOf(value) >= (NumberOf(_schema["minimum"]) ?? double.MinValue)
                && NumberOf(value) <= (NumberOf(_schema["maximum"]) ?? double.MaxValue),
            _ => true,
        };
    }

    private bool IsValidText(string text) =>
        text.Length <= (NumberOf(_schema["maxLength"]) ?? int.MaxValue)
        && (_schema["pattern"] is not { } pattern
            // In .NET, $ matches before a newline at the end too.
            || (Regex.IsMatch(text, pattern.GetValue<string>(), RegexOptions.CultureInvariant) && !text.EndsWith('\n')));

    private string Allowed(JsonNode? value)
    {
        if ((string?)_schema["description"] is { } description)
            return $"use {description}";
        if (_schema["enum"] is JsonArray choices)
        {
            string[] words = [.. choices.Where(choice => choice is not null).Select(TextOf)];
            string use = $"use {string.Join(", ", words[..^1])} or {words[^1]}";
            return NearestWord.Find(TextOf(value), words) is { } nearest ? $"{use}, did you mean {nearest}?" : use;
        }

        return AllowsType("boolean") ? "use true or false" : AllowsType("array") ? "use a list" : "use a map";
    }

    private bool AllowsType(string type) => _schema["type"] switch
    {
        null => true,
        JsonArray types => types.Any(allowed => (string?)allowed == type),
        var only => (string?)only == type,
    };

    private static string[] TypesOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null => ["null"],
        JsonValueKind.String => ["string"],
        JsonValueKind.True or JsonValueKind.False => ["boolean"],
        JsonValueKind.Object => ["object"],
        JsonValueKind.Array => ["array"],
        _ => NumberOf(value) is { } number && Math.Floor(number).Equals(number) ? ["integer", "number"] : ["number"],
    };

    private static bool IsSameNumber(JsonNode? a, JsonNode? b) => NumberOf(a) is { } number && number.Equals(NumberOf(b));

    private static double? NumberOf(JsonNode? node) => node?.GetValueKind() == JsonValueKind.Number
        ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture)
        : null;

    private static SchemaPart Resolve(JsonObject part) => new((string?)part["$ref"] is { } reference
        ? (JsonObject)Document["definitions"]![reference["#/definitions/".Length..]]!
        : part);

    private static JsonObject ReadDocument()
    {
        using Stream resource = typeof(SchemaPart).Assembly.GetManifestResourceStream("values.schema.json")!;
        return (JsonObject)JsonNode.Parse(resource)!;
    }
}
