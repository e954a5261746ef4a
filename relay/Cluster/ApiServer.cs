using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using k8s;

namespace Depmap.Relay.Cluster;

/// <summary>Sends requests to the API server over one HTTP/2 connection, which is checked by pings.</summary>
internal sealed partial class ApiServer : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(10);

    private readonly ServiceAccount _account;
    private readonly Kubernetes _client;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiServer> _log;
    private long _unreachedSince;

    public ApiServer(ServiceAccount account, TimeProvider timeProvider, ILogger<ApiServer> log)
    {
        (_account, _time, _log) = (account, timeProvider, log);
        _client = account.Connect($"depmap-relay/{ProductVersion.Text}", handler =>
        {
            handler.ConnectTimeout = ConnectTimeout;
            // A frozen server, or a connection that a NAT has forgotten, sends nothing at all, not even a FIN.
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
            handler.EnableMultipleHttp2Connections = false;
        });
    }

    public ApiUsage Usage { get; } = new();

    /// <summary>The body of the response, to be read as it arrives.</summary>
    /// <exception cref="ApiFailure">There was no response, or its status is an error.</exception>
    public async Task<PipeReader> GetAsync(string path, string accept, CancellationToken cancellationToken)
    {
        try
        {
            using HttpRequestMessage request = await RequestAsync(HttpMethod.Get, path, cancellationToken);
            request.Headers.Accept.ParseAdd(accept);
            HttpResponseMessage response = await _client.HttpClient.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return PipeReader.Create(
                    await response.Content.ReadAsStreamAsync(cancellationToken), new StreamPipeReaderOptions(bufferSize: 64 << 10));
            }

            using (response)
                throw Refusal(response);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw Broken(e);
        }
    }

    /// <summary>Sends a request and reads the whole response. Waits at most 10 s for it.</summary>
    /// <param name="mergePatch">The body as JSON; null for none.</param>
    /// <exception cref="ApiFailure">There was no response.</exception>
    public async Task<ApiResponse> SendAsync(HttpMethod method, string path, string? mergePatch, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ResponseTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using HttpRequestMessage request = await RequestAsync(method, path, either.Token);
            if (mergePatch is not null)
                request.Content = new StringContent(mergePatch, MediaTypeHeaderValue.Parse("application/merge-patch+json"));
            using HttpResponseMessage response = await _client.HttpClient.SendAsync(request, either.Token);
            return new ApiResponse(response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Broken(new TimeoutException($"no response within {ResponseTimeout.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw Broken(e);
        }
    }

    /// <summary>For a request without a response, or whose response was interrupted.</summary>
    public static ApiFailure Broken(Exception failure) => new(Reason(failure), failure) { Unreached = true };

    /// <summary>Logs the start of an outage once, whichever request noticed it.</summary>
    public void NoteUnreached(string reason)
    {
        if (Interlocked.CompareExchange(ref _unreachedSince, Math.Max(_time.GetTimestamp(), 1), 0) == 0)
            LogOutage(_account.Server.Authority, reason);
    }

    /// <summary>Logs the end of an outage.</summary>
    public void NoteReached()
    {
        if (Interlocked.Exchange(ref _unreachedSince, 0) is not 0 and var since)
            LogRecovery(_account.Server.Authority, (long)_time.GetElapsedTime(since).TotalSeconds);
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, new Uri(_client.BaseUri, path)) { Version = HttpVersion.Version20 };
        await _client.Credentials.ProcessHttpRequestAsync(request, cancellationToken);
        return request;
    }

    private static string Reason(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "refuses connections";
                case AuthenticationException:
                    return "has a certificate that is not signed by ca.crt, or is for another name";
                case SocketException or TimeoutException:
                    return $"cannot be reached: {cause.Message.TrimEnd('.')}";
                case HttpProtocolException: // an unanswered ping, or GOAWAY
                    return "no longer responds";
            }
        }

        return $"closed the connection: {failure.Message.TrimEnd('.')}";
    }

    private static ApiFailure Refusal(HttpResponseMessage response) => new(response.StatusCode switch
    {
        HttpStatusCode.Unauthorized => "does not accept the service account's token (401)",
        HttpStatusCode.Forbidden => "does not allow this to the service account (403): is the relay's ClusterRole in place?",
        HttpStatusCode.NotFound => "does not know this kind of object (404)",
        HttpStatusCode.TooManyRequests => "is overloaded (429)",
        _ => $"returned {(int)response.StatusCode}",
    })
    {
        Gone = response.StatusCode == HttpStatusCode.Gone,
        RetryAfter = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero,
    };

    [LoggerMessage(LogLevel.Warning, "the API server {Server} {Reason}; the known names stay in use; retrying")]
    private partial void LogOutage(string server, string reason);

    [LoggerMessage(LogLevel.Information, "the API server {Server} responds again after {Seconds} s")]
    private partial void LogRecovery(string server, long seconds);
}
