using System.Text.Json.Nodes;
using Depmap.Common.Options;

namespace Depmap.Plugin.Values;

/// <summary>Compares values with the schema.</summary>
internal static class ValueCheck
{
    /// <summary>The key that Helm sets itself.</summary>
    private const string Helms = "global";

    /// <summary>The first invalid value, those in maps and lists included; null if all are valid.</summary>
    /// <param name="key">The key of the value; empty for all values.</param>
    public static ValueError? Find(SchemaPart part, JsonNode? value, string key)
    {
        if (part.Check(value) is { } reason)
            return new ValueError(key, SchemaPart.TextOf(value), reason);
        return value switch
        {
            JsonObject map => map.Select(member => FindMember(part, member.Key, member.Value, key))
                .FirstOrDefault(error => error is not null),
            JsonArray list when part.Items is { } items => list.Select(item => Find(items, item, key))
                .FirstOrDefault(error => error is not null),
            _ => null,
        };
    }

    /// <summary>A message for a key that does not exist.</summary>
    public static string NoSuchKey(string key) => NearestWord.Find(key, Keys(SchemaPart.Root, "")) is { } nearest
        ? $"no such key, did you mean {nearest}?"
        : $"no such key, use one of {string.Join(", ", Beside(key))}";

    /// <summary>The keys of the innermost map on the way to a key.</summary>
    private static IEnumerable<string> Beside(string key)
    {
        SchemaPart map = SchemaPart.Root;
        string prefix = "";
        foreach (string name in key.Split('.'))
        {
            if (!map.Names.Contains(name) || !map.Find(name)!.Names.Any())
                break;
            map = map.Find(name)!;
            prefix += $"{name}.";
        }

        return map.Names.Where(name => prefix.Length > 0 || name != Helms).Select(name => prefix + name);
    }

    /// <summary>All keys that hold a value: <c>agent.logLevel</c>, or <c>nodeSelector.NAME</c> for names of the user.</summary>
    private static IEnumerable<string> Keys(SchemaPart part, string prefix)
    {
        foreach (string name in part.Names)
        {
            SchemaPart inner = part.Find(name)!;
            if (prefix.Length == 0 && name == Helms)
                continue;
            if (inner.Names.Any())
            {
                foreach (string key in Keys(inner, $"{prefix}{name}."))
                    yield return key;
            }
            else
            {
                yield return $"{prefix}{name}{(inner.Others is null ? "" : ".NAME")}";
            }
        }
    }

    private static ValueError? FindMember(SchemaPart map, string name, JsonNode? value, string mapKey)
    {
        string key = mapKey.Length == 0 ? name : $"{mapKey}.{name}";
        if (map.OtherNames?.Check(JsonValue.Create(name)) is { } reason)
            return new ValueError(mapKey, name, reason);
        if (map.Find(name) is { } part)
            return Find(part, value, key);
        // Of a map without listed names, such as an affinity's terms, only the API server knows what is allowed.
        return map.Names.Any() ? new ValueError(key, null, NoSuchKey(key)) : null;
    }
}
