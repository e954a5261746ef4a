using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Depmap.Plugin.Yaml;

/// <summary>
/// Reads one document. YamlDotNet's own model refers to an anchor's node from each alias, also from within that node, and reads any
/// depth by recursion: a small file could exhaust the stack or the memory.
/// </summary>
internal sealed class YamlDocument(IParser parser)
{
    private const int MaxDepth = 100;
    private const int MaxAliasedValues = 100_000;

    // Null while the anchor's own value is being read.
    private readonly Dictionary<AnchorName, Value?> _anchors = [];
    private int _aliased;

    /// <exception cref="YamlException">The document is invalid, or larger than any real one.</exception>
    public JsonNode? Read()
    {
        parser.Consume<DocumentStart>();
        Value root = ReadValue(depth: 1);
        parser.Consume<DocumentEnd>();
        return root.Node;
    }

    private Value ReadValue(int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
            return Expand(alias, depth);
        var start = parser.Consume<NodeEvent>();
        CheckDepth(start, depth);
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor] = null;
        Value value = start switch
        {
            MappingStart => ReadMap(depth),
            SequenceStart => ReadList(depth),
            Scalar scalar => new Value(YamlScalar.Read(scalar), Height: 1, Count: 1),
            _ => throw Error(start, "unexpected content"),
        };
        if (!start.Anchor.IsEmpty)
            _anchors[start.Anchor] = value;
        return value;
    }

    private Value ReadMap(int depth)
    {
        var map = new JsonObject();
        var merged = new List<JsonObject>();
        int height = 0, count = 1;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
                throw Error(parser.Current!, "a key is not a text");
            if (!key.Anchor.IsEmpty)
                _anchors[key.Anchor] = new Value(JsonValue.Create(key.Value), Height: 1, Count: 1);
            Value value = ReadValue(depth + 1);
            (height, count) = (Math.Max(height, value.Height), count + value.Count);
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
                merged.AddRange(Maps(value.Node, key));
            else
                map[key.Value] = value.Node; // as for kubectl, the last of two equal keys counts
        }

        // The map's own keys take precedence, then those of the first merged map.
        foreach ((string name, JsonNode? value) in merged.SelectMany(other => other))
        {
            if (!map.ContainsKey(name))
                map[name] = value?.DeepClone();
        }

        return new Value(map, height + 1, count);
    }

    private Value ReadList(int depth)
    {
        var list = new JsonArray();
        int height = 0, count = 1;
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            Value value = ReadValue(depth + 1);
            (height, count) = (Math.Max(height, value.Height), count + value.Count);
            list.Add(value.Node);
        }

        return new Value(list, height + 1, count);
    }

    private Value Expand(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value, out Value? anchored))
            throw Error(alias, $"there is no anchor &{alias.Value}");
        if (anchored is not { } value)
            throw Error(alias, $"the anchor &{alias.Value} contains itself");
        CheckDepth(alias, depth + value.Height - 1);
        _aliased += value.Count;
        if (_aliased > MaxAliasedValues)
            throw Error(alias, $"its aliases repeat more than {MaxAliasedValues} values");
        return value with { Node = value.Node?.DeepClone() };
    }

    private static IEnumerable<JsonObject> Maps(JsonNode? node, Scalar key)
    {
        JsonNode?[] nodes = node is JsonArray list ? [.. list] : [node];
        return nodes.All(one => one is JsonObject) ? nodes.Cast<JsonObject>() : throw Error(key, "the value of << is not a map");
    }

    private static void CheckDepth(ParsingEvent at, int depth)
    {
        if (depth > MaxDepth)
            throw Error(at, $"it is nested more than {MaxDepth} levels deep");
    }

    private static YamlException Error(ParsingEvent at, string message) => new(at.Start, at.End, message);

    /// <param name="Height">The levels of the node, itself included.</param>
    /// <param name="Count">The values in the node, itself included.</param>
    private readonly record struct Value(JsonNode? Node, int Height, int Count);
}
