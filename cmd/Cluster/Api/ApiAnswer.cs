using System.Text.Json.Nodes;

namespace Depmap.Plugin.Cluster.Api;

/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The object, or metav1.Status on failure; null if the body is empty or not JSON.</param>
internal readonly record struct ApiAnswer(int Status, JsonNode? Body)
{
    public bool Ok => Status is >= 200 and < 300;

    /// <summary>The server's message, or <c>HTTP 503</c>.</summary>
    public string Message => (Body as JsonObject)?["message"] is JsonValue text && text.TryGetValue(out string? message)
        ? message
        : $"HTTP {Status}";
}
