using System.Text.Json.Nodes;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>The API server of one kubeconfig context.</summary>
internal interface IApiServer
{
    Uri Address { get; }

    /// <summary>The context's name; empty inside a cluster.</summary>
    string Context { get; }

    /// <summary>The context's namespace, or <c>default</c>.</summary>
    string Namespace { get; }

    /// <summary>Sends one request and returns the response, whatever its status.</summary>
    /// <param name="path">With its query, starting with a slash.</param>
    /// <exception cref="ApiException">No response: unreachable, TLS, credentials, timeout.</exception>
    Task<ApiAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken);

    /// <summary>The events of a watch, each <c>{"type":…,"object":…}</c>, until the server ends it.</summary>
    /// <param name="path">With <c>?watch=1&amp;…</c>.</param>
    IAsyncEnumerable<JsonObject> WatchAsync(string path, CancellationToken cancellationToken);

    /// <summary>Connects to a port of a pod through the API server; the pod sees a connection from its own loopback address.</summary>
    /// <exception cref="ApiException">No response.</exception>
    /// <exception cref="ForwardException">The API server refused.</exception>
    Task<Stream> ForwardAsync(string ns, string pod, int port, CancellationToken cancellationToken);
}
