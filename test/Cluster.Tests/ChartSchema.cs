using System.Text.Json.Nodes;

namespace Depmap.Cluster.Tests;

/// <summary>The keys of <c>chart/values.schema.json</c>.</summary>
internal static class ChartSchema
{
    private static readonly JsonObject Schema = JsonNode.Parse(File.ReadAllText(Installation.File("chart/values.schema.json")))!.AsObject();

    /// <summary>Each key that holds a value, such as <c>agent.logLevel</c>, with its part of the schema.</summary>
    public static IReadOnlyDictionary<string, JsonObject> Keys { get; } = new Dictionary<string, JsonObject>(KeysOf(Schema, ""));

    /// <summary>The values that the schema lists for a key; empty if it lists none.</summary>
    public static IEnumerable<string> EnumOf(string key) =>
        (Keys[key]["enum"] as JsonArray ?? []).OfType<JsonNode>().Select(value => value.ToString());

    private static IEnumerable<KeyValuePair<string, JsonObject>> KeysOf(JsonObject schema, string prefix)
    {
        foreach ((string name, JsonNode? value) in schema["properties"]!.AsObject())
        {
            // Helm sets "global" itself.
            if (prefix.Length == 0 && name == "global")
                continue;
            JsonObject part = Resolve(value!.AsObject());
            if (!part.ContainsKey("properties"))
            {
                yield return KeyValuePair.Create(prefix + name, part);
                continue;
            }

            foreach (KeyValuePair<string, JsonObject> inner in KeysOf(part, $"{prefix}{name}."))
                yield return inner;
        }
    }

    private static JsonObject Resolve(JsonObject part) => (string?)part["$ref"] is { } reference
        ? Schema["definitions"]![reference["#/definitions/".Length..]]!.AsObject()
        : part;
}
