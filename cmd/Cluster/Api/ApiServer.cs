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
    private static readonly TimeSpan usualPatience = TimeSpan.FromSeconds(30);

    private readonly Connection connection;
    private readonly ApiHandler handler;
    private readonly HttpMessageInvoker client;
    private readonly TimeSpan patience;

    /// <param name="environment">The proxy to use where the connection names none.</param>
    /// <param name="patience">For one answer; zero for ever, null for the usual.</param>
    public ApiServer(Connection connection, IWebProxy environment, TimeSpan? patience = null)
    {
        this.connection = connection;
        this.patience = patience ?? usualPatience;
        handler = new ApiHandler(connection, environment);
        client = new HttpMessageInvoker(handler);
    }

    public Uri Address => connection.Server;

    public string Context => connection.Context;

    public string Namespace => connection.Namespace;

    public async Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellation)
    {
        // Whoever logs in by an exec plugin takes their time; the server's begins after it.
        await connection.Credential.GetAsync(cancellation);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (patience > TimeSpan.Zero)
            late.CancelAfter(patience);
        using HttpRequestMessage request = Request(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue(contentType ?? "application/json"));
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, late.Token);
            return await ReadAsync(response, late.Token);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw late.IsCancellationRequested
                ? ApiFailure.Slow(connection, patience)
                : ApiFailure.NotReached(connection, failure, handler.CertificateProblem);
        }
    }

    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, path);
        using HttpResponseMessage response = await OpenAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
        {
            ApiAnswer refused = await ReadAsync(response, cancellation);
            yield return new JsonObject { ["type"] = "ERROR", ["object"] = refused.Body ?? new JsonObject { ["message"] = refused.Message, ["code"] = refused.Status } };
            yield break;
        }

        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await NextAsync(lines, cancellation) is { } line)
            yield return line;
    }

    public async Task<Stream> ForwardAsync(string space, string pod, int port, CancellationToken cancellation)
    {
        using HttpRequestMessage request = Request(HttpMethod.Get, $"/api/v1/namespaces/{space}/pods/{pod}/portforward?ports={port}");
        // The kubelet's server, behind the API's, has nothing that it would call JSON: HTTP 406.
        request.Headers.Accept.Clear();
        PortForward.Ask(request);
        HttpResponseMessage response = await OpenAsync(request, cancellation);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return new PortForward(response, await response.Content.ReadAsStreamAsync(cancellation));

        using (response)
        {
            ApiAnswer refused = await ReadAsync(response, cancellation);
            throw new ForwardException(refused.Status, refused.Message);
        }
    }

    public void Dispose() => client.Dispose();

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        // A path of the server's own comes before that of the API.
        var request = new HttpRequestMessage(method, new Uri(connection.Server.ToString().TrimEnd('/') + path)) { Version = HttpVersion.Version11 };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        return request;
    }

    private static string UserAgent => $"kubectl-depmap/{ProductVersion.Text} ({RuntimeInformation.RuntimeIdentifier})";

    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, cancellation);
        }
        catch (Exception failure) when (failure is not ApiException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ApiFailure.NotReached(connection, failure, handler.CertificateProblem);
        }
    }

    private async Task<JsonObject?> NextAsync(StreamReader lines, CancellationToken cancellation)
    {
        try
        {
            return await lines.ReadLineAsync(cancellation) is { Length: > 0 } line ? JsonNode.Parse(line) as JsonObject : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw ApiFailure.Broken(connection, failure);
        }
    }

    private async Task<ApiAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw ApiFailure.Refused(connection);
        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
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
