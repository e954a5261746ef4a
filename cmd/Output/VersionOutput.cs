using System.Text.Json;

namespace Depmap.Plugin.Output;

/// <summary>Prints the versions. The relay's is left out if it is null.</summary>
internal static class VersionOutput
{
    public static string Text(string client, string? relay) =>
        $"Client Version: {client}\n" + (relay is null ? "" : $"Relay Version: {relay}\n");

    public static string Json(string client, string? relay) =>
        JsonSerializer.Serialize(new VersionFields(client, relay), VersionJsonContext.Default.VersionFields) + "\n";
}
