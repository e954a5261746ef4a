using System.Text.Json.Nodes;
using Depmap.Plugin.Yaml;

namespace Depmap.Plugin.Output;

/// <summary>Prints the map as YAML, with the fields of the JSON output.</summary>
internal static class MapYaml
{
    public static string Write(MapFields map) => YamlText.Write([JsonNode.Parse(MapJson.Write(map))!.AsObject()]);
}
