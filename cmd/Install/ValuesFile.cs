using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Common.Options;
using Depmap.Plugin.Yaml;
using YamlDotNet.Core;

namespace Depmap.Plugin.Install;

/// <summary>A YAML or JSON file with the keys of <see cref="ValueKeys"/> as nested maps.</summary>
internal static class ValuesFile
{
    /// <summary>A copy of the values with the keys in the file set.</summary>
    public static Parsed<InstallValues> Read(InstallValues values, string path)
    {
        try
        {
            using var text = new StreamReader(path);
            foreach (JsonNode document in YamlJson.Read(text))
            {
                if (document is not JsonObject map)
                    return Parsed<InstallValues>.Invalid("the file is not a map of keys");
                foreach ((string key, string value) in Flatten("", map))
                {
                    Parsed<InstallValues> next = ValueKeys.Set(values, key, value);
                    if (next.Error is { } error)
                        return Parsed<InstallValues>.Invalid($"{key}: {error}");
                    values = next.Value;
                }
            }

            return values;
        }
        catch (YamlException e)
        {
            return Parsed<InstallValues>.Invalid($"line {e.Start.Line}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Parsed<InstallValues>.Invalid($"cannot read the file: {e.Message}");
        }
    }

    private static IEnumerable<(string Key, string Value)> Flatten(string prefix, JsonObject map)
    {
        foreach ((string name, JsonNode? value) in map)
        {
            switch (value)
            {
                case null: // like in Helm: not set
                    break;
                case JsonObject inner:
                    foreach (var pair in Flatten($"{prefix}{name}.", inner))
                        yield return pair;
                    break;
                case JsonArray list:
                    if (list.Count > 0)
                        yield return (prefix + name, string.Join(',', list.Select(Text)));
                    break;
                default:
                    yield return (prefix + name, Text(value));
                    break;
            }
        }
    }

    private static string Text(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString() ?? "";
}
