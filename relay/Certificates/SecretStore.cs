using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Relay.Cluster;

namespace Depmap.Relay.Certificates;

/// <summary>
/// Reads and changes Secrets by the Kubernetes API. It creates none: those of an installation exist, without data at first.
/// </summary>
internal sealed class SecretStore(ApiServer server)
{
    /// <exception cref="CertificateException">It cannot be read.</exception>
    public async Task<StoredSecret> GetAsync(SecretName name, CancellationToken cancellationToken)
    {
        ApiResponse response = await SendAsync(HttpMethod.Get, name, body: null, cancellationToken);
        return response.Ok ? Read(name, response) : throw Refusal("get", name, response);
    }

    /// <summary>Sets files, unless someone else has changed the Secret since it was read.</summary>
    /// <returns>Whether they are set.</returns>
    /// <exception cref="CertificateException">It cannot be changed.</exception>
    public async Task<bool> TrySetAsync(
        SecretName name, StoredSecret current, IReadOnlyDictionary<string, string> files, CancellationToken cancellationToken)
    {
        var data = new JsonObject();
        foreach ((string file, string text) in files)
            data[file] = text.Length > 0 ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) : null;
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = current.Version }, ["data"] = data };
        ApiResponse response = await SendAsync(HttpMethod.Patch, name, patch.ToJsonString(), cancellationToken);
        if (response.Status == HttpStatusCode.Conflict)
            return false;
        return response.Ok ? true : throw Refusal("patch", name, response);
    }

    private async Task<ApiResponse> SendAsync(HttpMethod method, SecretName name, string? body, CancellationToken cancellationToken)
    {
        try
        {
            return await server.SendAsync(method, name.Path, body, cancellationToken);
        }
        catch (ApiFailure failure)
        {
            throw new CertificateException($"the API server {failure.Message}", failure);
        }
    }

    private static StoredSecret Read(SecretName name, ApiResponse response)
    {
        try
        {
            JsonNode? secret = JsonNode.Parse(response.Body);
            string version = (string?)secret?["metadata"]?["resourceVersion"] ?? throw new JsonException("no resourceVersion");
            var files = new Dictionary<string, string>();
            foreach ((string file, JsonNode? data) in secret!["data"] as JsonObject ?? [])
                files[file] = Encoding.UTF8.GetString(Convert.FromBase64String((string?)data ?? ""));
            return new StoredSecret(version, files);
        }
        // InvalidOperationException: a value has another type.
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new CertificateException($"the API server sent an invalid response for {name}", e);
        }
    }

    private static CertificateException Refusal(string verb, SecretName name, ApiResponse response) => response.Status switch
    {
        HttpStatusCode.NotFound => new CertificateException($"{name} does not exist") { ObjectMissing = true },
        HttpStatusCode.Forbidden => new CertificateException($"the relay is not allowed to {verb} {name}") { ObjectMissing = true },
        _ => new CertificateException($"the API server returned {(int)response.Status} for {name}"),
    };
}
