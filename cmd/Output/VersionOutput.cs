using System.Text.Json;

namespace Depmap.Plugin.Output;

/// <summary>Prints the versions.</summary>
internal static class VersionOutput
{
    public static string Client(string version) => $"Client Version: {version}\n";

    public static string Relay(string version) => $"Relay Version: {version}\n";

    /// <param name="relay">Null if it is not known.</param>
    public static string Json(string client, string? relay) =>
        JsonSerializer.Serialize(new VersionFields(client, relay), VersionJsonContext.Default.VersionFields) + "\n";
}
