using System.Text.Json.Serialization;

namespace Depmap.Plugin.Diff;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(DiffFields))]
internal sealed partial class DiffJsonContext : JsonSerializerContext;
