using System.Text.Json.Nodes;

namespace Depmap.Plugin.Cluster.Api;

/// <param name="Status">The HTTP status.</param>
/// <param name="Body">An object, or metav1.Status on failure; null only on failure, if the body is neither.</param>
/// <param name="Other">Describes a body that is not an object of the API.</param>
internal readonly record struct ApiAnswer(int Status, JsonNode? Body, string? Other = null)
{
    public bool Ok => Status is >= 200 and < 300;

    /// <summary>The server's message, or <c>HTTP 503 with an HTML page</c>.</summary>
    public string Message => (Body as JsonObject)?["message"] is JsonValue text && text.TryGetValue(out string? message)
        ? message
        : Other ?? $"HTTP {Status}";
}
