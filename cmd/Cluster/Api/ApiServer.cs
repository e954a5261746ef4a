using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api.Spdy;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>Sends requests to the API server of a connection over HTTP/1.1.</summary>
internal sealed class ApiServer : IApiServer, IDisposable
{
    // As client-go.
    private const int MaxRetries = 10;
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly Connection _connection;
    private readonly ApiClient _client;
    private readonly TimeSpan _timeout;
    private volatile bool _usesSpdy;

    /// <param name="environmentProxy">Used if the connection has no proxy.</param>
    /// <param name="timeout">For one response; zero for none, null for the default.</param>
    /// <param name="log">Called with a line for each request; null for none.</param>
    public ApiServer(Connection connection, EnvironmentProxy environmentProxy, TimeSpan? timeout = null, Action<string>? log = null)
    {
        _connection = connection;
        _timeout = timeout ?? DefaultTimeout;
        _client = new ApiClient(connection, environmentProxy, log);
    }

    public Uri Address => _connection.Server;

    public string Context => _connection.Context;

    public string Namespace => _connection.Namespace;

    public Task<ApiAnswer> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? contentType, CancellationToken cancellationToken) =>
        WithinTimeoutAsync(
            async timeout =>
            {
                using HttpResponseMessage response = await SendAsync(() => Request(method, path, body, contentType), timeout);
                return await ReadAsync(method, path, response, timeout);
            },
            cancellationToken);

    public async IAsyncEnumerable<JsonObject> WatchAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await OpenAsync(() => Request(HttpMethod.Get, path), cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            ApiAnswer refusal = await ReadAsync(HttpMethod.Get, path, response, cancellationToken);
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
        string path = $"/api/v1/namespaces/{ns}/pods/{pod}/portforward?ports={port}";
        ForwardException? refusal = null;
        if (!_usesSpdy)
        {
            try
            {
                return await OpenWebSocketAsync(path, cancellationToken);
            }
            catch (ForwardException webSocket) when (ForwardRefusal.MayDependOnProtocol(webSocket.Status))
            {
                refusal = webSocket;
            }
        }

        try
        {
            Stream stream = await OpenSpdyAsync(path.Split('?')[0], port, cancellationToken);
            _usesSpdy = true;
            return stream;
        }
        catch (ForwardException spdy) when (refusal is not null)
        {
            throw ForwardRefusal.OfBoth(_connection, refusal, spdy);
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

    private async Task<Stream> OpenWebSocketAsync(string path, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await OpenForwardAsync(HttpMethod.Get, path, WebSocketForward.AddUpgrade, cancellationToken);
        return new WebSocketForward(response, await response.Content.ReadAsStreamAsync(cancellationToken));
    }

    private async Task<Stream> OpenSpdyAsync(string path, int port, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await OpenForwardAsync(HttpMethod.Post, path, SpdyForward.AddUpgrade, cancellationToken);
        return await WithinTimeoutAsync<Stream>(
            async timeout =>
            {
                try
                {
                    return await SpdyForward.OpenAsync(response, await response.Content.ReadAsStreamAsync(timeout), port, timeout);
                }
                catch (IOException failure)
                {
                    throw new ForwardException((int)HttpStatusCode.SwitchingProtocols, failure.Message);
                }
            },
            cancellationToken);
    }

    private async Task<HttpResponseMessage> OpenForwardAsync(
        HttpMethod method, string path, Action<HttpRequestMessage> addUpgrade, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await OpenAsync(
            () =>
            {
                HttpRequestMessage request = Request(method, path);
                // The kubelet, behind the API server, offers no JSON here: HTTP 406.
                request.Headers.Accept.Clear();
                addUpgrade(request);
                return request;
            },
            cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            return response;

        using (response)
        {
            if (response.IsSuccessStatusCode)
                throw new ForwardException((int)response.StatusCode, "the connection was not upgraded");
            ApiAnswer refusal = await WithinTimeoutAsync(timeout => ReadAsync(method, path, response, timeout), cancellationToken);
            throw new ForwardException(refusal.Status, refusal.Message);
        }
    }

    /// <summary>Sends a request whose response is a stream. The timeout ends with its headers.</summary>
    private Task<HttpResponseMessage> OpenAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken) =>
        WithinTimeoutAsync(timeout => SendAsync(create, timeout), cancellationToken);

    private async Task<T> WithinTimeoutAsync<T>(Func<CancellationToken, Task<T>> run, CancellationToken cancellationToken)
    {
        // A login by an exec plugin may take a while; the timeout is the server's and starts after it.
        if (_connection.Credentials is RenewableCredentials renewable)
            await renewable.GetAsync(cancellationToken);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (_timeout > TimeSpan.Zero)
            timeout.CancelAfter(_timeout);
        try
        {
            return await run(timeout.Token);
        }
        catch (Exception failure) when (failure is not (ApiException or ForwardException))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw timeout.IsCancellationRequested
                ? ApiFailure.TimedOut(_connection, _timeout)
                : ApiFailure.Unreachable(_connection, failure, _client.Proxy, _client.Rejected);
        }
    }

    // A busy API server says when to try again.
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        for (int retries = 0; ; retries++)
        {
            HttpResponseMessage response = await _client.SendAsync(create, cancellationToken);
            bool isBusy = response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError;
            if (!isBusy || retries == MaxRetries || response.Headers.RetryAfter?.Delta is not { } delay || delay > MaxRetryDelay
                || (_timeout > TimeSpan.Zero && Stopwatch.GetElapsedTime(start) + delay >= _timeout))
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(delay, cancellationToken);
        }
    }

    private async Task<JsonObject?> NextAsync(StreamReader lines, CancellationToken cancellationToken)
    {
        try
        {
            if (await lines.ReadLineAsync(cancellationToken) is not { Length: > 0 } line)
                return null;
            return JsonNode.Parse(line) as JsonObject ?? throw new JsonException("a line is not a JSON object");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw ApiFailure.Lost(_connection, failure);
        }
    }

    private async Task<ApiAnswer> ReadAsync(
        HttpMethod method, string path, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.Unauthorized)
            throw ApiFailure.Unauthorized(_connection);
        if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired && _client.Proxy is { } proxy)
            throw ApiFailure.Unreachable(_connection, ProxyFailure.Refused(proxy, status));
        if (status is >= 300 and < 400)
            throw ApiFailure.Redirected(_connection, response.Headers.Location, status);

        ResponseContent content = ResponseContent.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken));
        if (status == 400 && _connection.Server.Scheme == "http" && content.IsHttpsExpected)
            throw ApiFailure.Unreachable(_connection, "it expects TLS. Try: https:// in server in the kubeconfig");
        string field = path == "/version" && response.IsSuccessStatusCode ? "gitVersion" : "kind";
        if (content.ObjectWith(field) is { } found)
            return new ApiAnswer(status, found);
        string other = $"HTTP {status} with {content.Describe(field)}";
        // Absence is a fact only if the API says so. Of a whole group it does not.
        bool isAbsent = status == 404 && !(content.IsUnknownPath && path.StartsWith("/apis/", StringComparison.Ordinal));
        if (response.IsSuccessStatusCode || isAbsent)
            throw ApiFailure.Unexpected(_connection, $"{method} {path.Split('?')[0]}", other);
        return new ApiAnswer(status, null, $"{other} from {ApiFailure.Address(_connection)}");
    }
}
