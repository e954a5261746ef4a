using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Commands;
using YamlDotNet.Core;

namespace Depmap.Plugin.Install;

/// <summary>A file of values, YAML or JSON: the keys of <see cref="ValueKeys"/> as nested maps.</summary>
internal static class ValuesFile
{
    /// <summary>The values with the file's said over them.</summary>
    public static Reading<InstallValues> Read(InstallValues values, string path)
    {
        try
        {
            using var text = new StreamReader(path);
            foreach (JsonNode document in YamlJson.Read(text))
            {
                if (document is not JsonObject map)
                    return Reading<InstallValues>.Wrong("the file holds no map of keys");
                foreach ((string key, string value) in Flatten("", map))
                {
                    Reading<InstallValues> next = ValueKeys.Set(values, key, value);
                    if (next.Problem is { } problem)
                        return Reading<InstallValues>.Wrong($"{key}: {problem}");
                    values = next.Value;
                }
            }

            return values;
        }
        catch (YamlException wrong)
        {
            return Reading<InstallValues>.Wrong($"line {wrong.Start.Line}: {wrong.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Reading<InstallValues>.Wrong($"cannot read it: {failure.Message}");
        }
    }

    private static IEnumerable<(string Key, string Value)> Flatten(string prefix, JsonObject map)
    {
        foreach ((string name, JsonNode? value) in map)
        {
            switch (value)
            {
                case null: // as in Helm: not said
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
