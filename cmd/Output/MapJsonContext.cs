using System.Text.Json.Serialization;

namespace Depmap.Plugin.Output;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(MapFields))]
internal sealed partial class MapJsonContext : JsonSerializerContext;
