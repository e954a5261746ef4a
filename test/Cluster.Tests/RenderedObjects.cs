using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Depmap.Cluster.Tests;

/// <summary>Kubernetes objects read from YAML, in a form that can be compared.</summary>
internal static class RenderedObjects
{
    private static readonly IDeserializer Yaml = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer Json = new SerializerBuilder().JsonCompatible().Build();
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static IReadOnlyList<JsonObject> Read(string yaml)
    {
        var objects = new List<JsonObject>();
        var parser = new Parser(new StringReader(yaml));
        parser.Consume<StreamStart>();
        while (parser.Accept<DocumentStart>(out _))
        {
            if (JsonNode.Parse(Json.Serialize(Yaml.Deserialize<object?>(parser))) is JsonObject resource)
                objects.Add(resource);
        }

        return objects;
    }

    /// <summary>Kind, namespace and name, such as <c>Service depmap/depmap-relay</c>.</summary>
    public static string NameOf(JsonObject resource)
    {
        JsonNode metadata = resource["metadata"]!;
        return $"{(string?)resource["kind"]} {(string?)metadata["namespace"]}/{(string?)metadata["name"]}";
    }

    /// <summary>The object as JSON with sorted keys.</summary>
    public static string Comparable(JsonObject resource) => Sorted(resource)!.ToJsonString(Indented);

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map
            .OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
