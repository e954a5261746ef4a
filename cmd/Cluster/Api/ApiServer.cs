using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Sends requests to the API server of a connection over HTTP/1.1.</summary>
internal sealed class ApiServer : IApiServer, IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly Connection _connection;
    private readonly ApiClient _client;
    private readonly TimeSpan _timeout;

    /// <param name="environmentProxy">Used if the connection has no proxy.</param>
    /// <param name="timeout">For one response; zero for none, null for the default.</param>
    public ApiServer(Connection connection, IWebProxy environmentProxy, TimeSpan? timeout = null)
    {
        _connection = connection;
        _timeout = timeout ?? DefaultTimeout;
        _client = new ApiClient(connection, environmentProxy);
    }

    public Uri Address => _connection.Server;

    public string Context => _connection.Context;

    public string Namespace => _connection.Namespace;

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken)
    {
        // A login by an exec plugin may take a while; the timeout is the server's and starts after it.
        if (_connection.Credentials is RenewableCredentials renewable)
            await renewable.GetAsync(cancellationToken);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_timeout > TimeSpan.Zero)
            timeout.CancelAfter(_timeout);
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(() => Request(method, path, body, contentType), timeout.Token);
            return await ReadAsync(response, timeout.Token);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? ApiFailure.TimedOut(_connection, _timeout)
                : ApiFailure.Unreachable(_connection, failure, _client.CertificateError);
        }
    }

    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await OpenAsync(() => Request(HttpMethod.Get, path), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            ApiAnswer refusal = await ReadAsync(response, cancellationToken);
            yield return new JsonObject
            {
                ["type"] = "ERROR",
                ["object"] = refusal.Body ?? new JsonObject { ["message"] = refusal.Message, ["code"] = refusal.Status },
            };
            yield break;
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await NextAsync(lines, cancellationToken) is { } line)
            yield return line;
    }

    public async Task<Stream> ForwardAsync(string ns, string pod, int port, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await OpenAsync(
            () =>
            {
                HttpRequestMessage request = Request(HttpMethod.Get, $"/api/v1/namespaces/{ns}/pods/{pod}/portforward?ports={port}");
                // The kubelet, behind the API server, offers no JSON here: HTTP 406.
                request.Headers.Accept.Clear();
                PortForward.AddUpgrade(request);
                return request;
            },
            cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return new PortForward(response, await response.Content.ReadAsStreamAsync(cancellationToken));

        using (response)
        {
            ApiAnswer refusal = await ReadAsync(response, cancellationToken);
            throw new ForwardException(refusal.Status, refusal.Message);
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string path, JsonNode? body = null, string? contentType = null)
    {
        // The server's own path comes before the API's.
        var request = new HttpRequestMessage(method, new Uri(_connection.Server.ToString().TrimEnd('/') + path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (body is not null)
        {
            request.Content = new StringContent(
                body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(contentType ?? "application/json"));
        }

        return request;
    }

    private async Task<HttpResponseMessage> OpenAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(create, cancellationToken);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ApiFailure.Unreachable(_connection, failure, _client.CertificateError);
        }
    }

    private async Task<JsonObject?> NextAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        try
        {
            return await lines.ReadLineAsync(cancellationToken) is { Length: > 0 } line ? JsonNode.Parse(line) as JsonObject : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ApiFailure.Lost(_connection, failure);
        }
    }

    private async Task<ApiAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw ApiFailure.Unauthorized(_connection);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new ApiAnswer((int)response.StatusCode, Parse(body));
    }

    private static JsonNode? Parse(byte[] body)
    {
        try
        {
            return body.Length > 0 ? JsonNode.Parse(body) : null;
        }
        catch (JsonException)
        {
            // The page of a proxy, or plain text such as that of /readyz.
            return null;
        }
    }
}
