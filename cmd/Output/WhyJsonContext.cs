using System.Text.Json.Serialization;

namespace Depmap.Plugin.Output;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(WhyFields))]
[JsonSerializable(typeof(ForbiddenFields))]
internal sealed partial class WhyJsonContext : JsonSerializerContext;
