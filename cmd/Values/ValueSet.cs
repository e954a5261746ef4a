using System.Text.Json.Nodes;

namespace Depmap.Plugin.Values;

/// <summary>The values that the user has given, checked and merged as Helm merges them.</summary>
internal sealed class ValueSet
{
    /// <summary>The values by name, maps of them included. Null is a value that was removed.</summary>
    public JsonObject Root { get; } = [];

    /// <summary>Adds the values of a file. Maps are merged; other values are replaced.</summary>
    /// <returns>What is wrong, with the key; null if nothing is.</returns>
    public string? Add(JsonObject values)
    {
        if (ValueCheck.Find(SchemaPart.Root, values, "") is { } error)
            return error.Text is null ? $"{error.Key}: {error.Reason}" : $"{error.Key} is \"{error.Text}\", {error.Reason}";
        Merge(Root, values);
        return null;
    }

    /// <summary>Sets one value by its key, with the names separated by dots: <c>agent.logLevel</c>.</summary>
    /// <remarks>Dots in a name of the user, such as <c>nodeSelector.kubernetes.io/os</c>, may have a backslash as Helm demands.</remarks>
    /// <returns>What is wrong; null if nothing is.</returns>
    public string? Set(string key, string text)
    {
        string[] names = key.Split('.');
        SchemaPart part = SchemaPart.Root;
        JsonObject map = Root;
        for (int i = 0; i < names.Length; i++)
        {
            bool isUsers = !part.Names.Any() && part.Others is not null;
            string name = isUsers ? string.Join('.', names[i..]).Replace("\\.", ".", StringComparison.Ordinal) : names[i];
            if (name.Length == 0 || part.Find(name) is not { } next)
                return ValueCheck.NoSuchKey(key);
            if (isUsers && part.OtherNames?.Check(JsonValue.Create(name)) is { } reason)
                return $"{name}: {reason}";
            part = next;
            if (isUsers || i == names.Length - 1)
                return SetLast(map, name, part, key, text);
            map = map[name] as JsonObject ?? Replace(map, name);
        }

        return null;
    }

    /// <summary>Merges one map into another, as Helm merges values: null replaces a value too.</summary>
    public static void Merge(JsonObject into, JsonObject values)
    {
        foreach ((string name, JsonNode? value) in values)
        {
            if (value is JsonObject inner && into[name] is JsonObject map)
                Merge(map, inner);
            else
                into[name] = value?.DeepClone();
        }
    }

    private static string? SetLast(JsonObject map, string name, SchemaPart part, string key, string text)
    {
        if (part.IsMap)
            return $"{key} is a map: use {(part.Names.Any() ? $"{key}.{string.Join($" or {key}.", part.Names)}" : "a values file")}";
        // The value of a label or an annotation may be empty.
        if (text.Length == 0 && part.Check(JsonValue.Create("")) is not null)
            return $"{key} is empty";
        JsonNode? value = part.Read(text);
        if (ValueCheck.Find(part, value, key) is { } error)
            return error.Reason;
        map[name] = value;
        return null;
    }

    private static JsonObject Replace(JsonObject map, string name)
    {
        var inner = new JsonObject();
        map[name] = inner;
        return inner;
    }
}
