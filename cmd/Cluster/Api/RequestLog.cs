using System.Diagnostics;

namespace Depmap.Plugin.Cluster.Api;

/// <summary>
/// Logs method, URL, status and time of each request, as kubectl does with <c>-v=6</c>. Never headers, which have credentials.
/// </summary>
internal sealed class RequestLog(Action<string> log) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        string outcome = "failed";
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            outcome = $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();
            return response;
        }
        finally
        {
            log($"{request.Method} {request.RequestUri} {outcome} in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms");
        }
    }
}
