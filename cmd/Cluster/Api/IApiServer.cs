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

    /// <summary>Asks once, and answers whatever the status is.</summary>
    /// <param name="path">With its query, from the first slash.</param>
    /// <exception cref="ApiException">There is no answer: unreachable, TLS, credentials, time-out.</exception>
    Task<ApiAnswer> SendAsync(HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken);

    /// <summary>The events of a watch, each <c>{"type":…,"object":…}</c>, until the server ends it.</summary>
    /// <param name="path">With <c>?watch=1&amp;…</c>.</param>
    IAsyncEnumerable<JsonObject> WatchAsync(string path, CancellationToken cancellationToken);

    /// <summary>A connection to a port of a pod, through the API server; what listens there sees one from its own loopback.</summary>
    /// <param name="space">The pod's namespace.</param>
    /// <exception cref="ApiException">There is no answer.</exception>
    /// <exception cref="ForwardException">It is refused.</exception>
    Task<Stream> ForwardAsync(string space, string pod, int port, CancellationToken cancellationToken);
}
