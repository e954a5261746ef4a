using System.Text.Json;
using System.Text.Json.Serialization;

namespace Depmap.Plugin.Output;

/// <summary>The versions, for people and for scripts. A relay that was not asked is left out.</summary>
internal static class VersionOutput
{
    public static string Text(string client, string? relay) =>
        $"Client Version: {client}\n" + (relay is null ? "" : $"Relay Version: {relay}\n");

    public static string Json(string client, string? relay) =>
        JsonSerializer.Serialize(new VersionFields(client, relay), VersionJsonContext.Default.VersionFields) + "\n";
}

internal sealed record VersionFields(string ClientVersion, string? RelayVersion);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(VersionFields))]
internal sealed partial class VersionJsonContext : JsonSerializerContext;
