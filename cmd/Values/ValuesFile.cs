using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Yaml;
using YamlDotNet.Core;

namespace Depmap.Plugin.Values;

/// <summary>A YAML or JSON file of values.</summary>
internal static class ValuesFile
{
    /// <summary>Adds the values in the file.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? AddTo(ValueSet values, string path)
    {
        if (path.Length == 0)
            return "use the name of a file";
        try
        {
            using var text = new StreamReader(path);
            foreach (JsonNode document in YamlJson.Read(text))
            {
                if (document is not JsonObject map)
                    return "the file is not a map of keys";
                if (values.Add(map) is { } error)
                    return error;
            }

            return null;
        }
        catch (YamlException e)
        {
            return $"line {e.Start.Line}: {e.Message}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"cannot read the file: {FileFailure.Describe(path, e)}";
        }
    }
}
