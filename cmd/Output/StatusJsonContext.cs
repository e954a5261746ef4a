using System.Text.Json.Serialization;

namespace Depmap.Plugin.Output;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(StatusFields))]
internal sealed partial class StatusJsonContext : JsonSerializerContext;
