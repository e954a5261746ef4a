using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Depmap.Relay.Cluster;

/// <summary>Sends requests to the API server: all over one HTTP/2 connection, which is asked whether it still lives.</summary>
internal sealed partial class ApiServer : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly ServiceAccount _account;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger<ApiServer> _log;
    private long _unreachedSince;

    public ApiServer(ServiceAccount account, TimeProvider timeProvider, ILogger<ApiServer> log)
    {
        (_account, _time, _log) = (account, timeProvider, log);
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = ConnectTimeout,
            // A server that froze, or a connection that a NAT forgot, sends nothing at all, not even a FIN.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => account.Trusts(certificate, chain, errors);
        _http = new HttpClient(handler)
        {
            BaseAddress = account.Server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultRequestHeaders = { UserAgent = { new ProductInfoHeaderValue("depmap-relay", ProductVersion.Text) } },
        };
    }

    public ApiUsage Usage { get; } = new();

    /// <summary>The body of the answer, which the reader takes as it comes.</summary>
    /// <exception cref="ApiFailure">There was no answer, or it was a refusal.</exception>
    public async Task<PipeReader> GetAsync(string path, string accept, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Version = HttpVersion.Version20;
            request.Headers.Authorization = _account.Token();
            request.Headers.Accept.ParseAdd(accept);
            HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
                return PipeReader.Create(await response.Content.ReadAsStreamAsync(cancellationToken), new StreamPipeReaderOptions(bufferSize: 64 << 10));
            using (response)
                throw Refusal(response);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
        {
            throw Broken(e);
        }
    }

    /// <summary>For a request that got no answer, or whose answer broke off.</summary>
    public static ApiFailure Broken(Exception fault) => new(Reason(fault), fault) { Unreached = true };

    /// <summary>Said once an outage, whichever request noticed it.</summary>
    public void NoteUnreached(string reason)
    {
        if (Interlocked.CompareExchange(ref _unreachedSince, Math.Max(_time.GetTimestamp(), 1), 0) == 0)
            LogAway(_account.Server.Authority, reason);
    }

    /// <summary>It answers.</summary>
    public void NoteReached()
    {
        if (Interlocked.Exchange(ref _unreachedSince, 0) is not 0 and var since)
            LogBack(_account.Server.Authority, (long)_time.GetElapsedTime(since).TotalSeconds);
    }

    public void Dispose() => _http.Dispose();

    private static string Reason(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "refuses connections";
                case AuthenticationException:
                    return "shows a certificate of no authority in ca.crt, or of another name";
                case SocketException or TimeoutException:
                    return $"cannot be reached: {cause.Message.TrimEnd('.')}";
                case HttpProtocolException: // no answer to a ping, or an orderly good-bye
                    return "no longer answers";
            }
        }

        return $"broke off: {fault.Message.TrimEnd('.')}";
    }

    private static ApiFailure Refusal(HttpResponseMessage response) => new(response.StatusCode switch
    {
        HttpStatusCode.Unauthorized => "does not accept the service account's token (401)",
        HttpStatusCode.Forbidden => "does not let the service account do this (403): is the relay's ClusterRole in place?",
        HttpStatusCode.NotFound => "does not know this kind of object (404)",
        HttpStatusCode.TooManyRequests => "has too much to do (429)",
        _ => $"answered {(int)response.StatusCode}",
    })
    {
        Gone = response.StatusCode == HttpStatusCode.Gone,
        RetryAfter = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero,
    };

    [LoggerMessage(40, LogLevel.Warning, "the API server {Server} {Reason}; the names known stay in use; trying again")]
    private partial void LogAway(string server, string reason);

    [LoggerMessage(41, LogLevel.Information, "the API server {Server} is back, after {Seconds} s")]
    private partial void LogBack(string server, long seconds);
}
