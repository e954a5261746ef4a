using System.Text.Json.Serialization;

namespace Depmap.Plugin.Ui;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(FeedLine))]
[JsonSerializable(typeof(MapAbout))]
internal sealed partial class FeedJsonContext : JsonSerializerContext;
