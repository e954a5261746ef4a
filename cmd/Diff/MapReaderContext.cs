using System.Text.Json.Serialization;
using Depmap.Plugin.Output;

namespace Depmap.Plugin.Diff;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(MapFields))]
internal sealed partial class MapReaderContext : JsonSerializerContext;
