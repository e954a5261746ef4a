namespace Depmap.Plugin.Output;

/// <summary>Prints the map as one JSON object.</summary>
internal static class MapJson
{
    public static string Write(MapFields map) => IndentedJson.Write(map, MapJsonContext.Default.MapFields);
}
