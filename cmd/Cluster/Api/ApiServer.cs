using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Common;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>The API server behind a connection, asked by HTTP/1.1.</summary>
internal sealed class ApiServer : IApiServer, IDisposable
{
    private static readonly TimeSpan UsualPatience = TimeSpan.FromSeconds(30);

    private readonly Connection _connection;
    private readonly ApiHandler _handler;
    private readonly HttpMessageInvoker _client;
    private readonly TimeSpan _patience;

    /// <param name="environment">The proxy to use where the connection names none.</param>
    /// <param name="patience">For one answer; zero for ever, null for the usual.</param>
    public ApiServer(Connection connection, IWebProxy environment, TimeSpan? patience = null)
    {
        _connection = connection;
        _patience = patience ?? UsualPatience;
        _handler = new ApiHandler(connection, environment);
        _client = new HttpMessageInvoker(_handler);
    }

    public Uri Address => _connection.Server;

    public string Context => _connection.Context;

    public string Namespace => _connection.Namespace;

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken)
    {
        // Whoever logs in by an exec plugin takes their time; the server's begins after it.
        await _connection.Credential.GetAsync(cancellationToken);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_patience > TimeSpan.Zero)
            late.CancelAfter(_patience);
        using HttpRequestMessage request = Request(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(contentType ?? "application/json"));
        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, late.Token);
            return await ReadAsync(response, late.Token);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw late.IsCancellationRequested
                ? ApiFailure.Slow(_connection, _patience)
                : ApiFailure.NotReached(_connection, failure, _handler.CertificateProblem);
        }
    }

    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, path);
        using HttpResponseMessage response = await OpenAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            ApiAnswer refused = await ReadAsync(response, cancellationToken);
            yield return new JsonObject { ["type"] = "ERROR", ["object"] = refused.Body ?? new JsonObject { ["message"] = refused.Message, ["code"] = refused.Status } };
            yield break;
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        while (await NextAsync(lines, cancellationToken) is { } line)
            yield return line;
    }

    public async Task<Stream> ForwardAsync(string space, string pod, int port, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, $"/api/v1/namespaces/{space}/pods/{pod}/portforward?ports={port}");
        // The kubelet's server, behind the API's, has nothing that it would call JSON: HTTP 406.
        request.Headers.Accept.Clear();
        PortForward.Ask(request);
        HttpResponseMessage response = await OpenAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return new PortForward(response, await response.Content.ReadAsStreamAsync(cancellationToken));

        using (response)
        {
            ApiAnswer refused = await ReadAsync(response, cancellationToken);
            throw new ForwardException(refused.Status, refused.Message);
        }
    }

    public void Dispose() => _client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        // A path of the server's own comes before that of the API.
        var request = new HttpRequestMessage(method, new Uri(_connection.Server.ToString().TrimEnd('/') + path)) { Version = HttpVersion.Version11 };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        return request;
    }

    private static string UserAgent => $"kubectl-depmap/{ProductVersion.Text} ({RuntimeInformation.RuntimeIdentifier})";

    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, cancellationToken);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ApiFailure.NotReached(_connection, failure, _handler.CertificateProblem);
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
            throw ApiFailure.Broken(_connection, failure);
        }
    }

    private async Task<ApiAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw ApiFailure.Refused(_connection);
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
            // A proxy's page, or text such as that of /readyz.
            return null;
        }
    }
}
