using Microsoft.AspNetCore.Http;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>A request to the fake API server.</summary>
internal sealed class FakeRequest(HttpContext context)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;

    public string Method { get; } = context.Request.Method;

    /// <summary>Path and query.</summary>
    public string Url { get; } = context.Request.Path + context.Request.QueryString.Value;

    public string? Token { get; } = context.Request.Headers.Authorization;

    public string? Accept { get; } = context.Request.Headers.Accept;

    /// <summary>Sends a complete response.</summary>
    public async Task RespondAsync(string body, int status = 200, string? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        await SendAsync(body);
        End();
    }

    /// <summary>Sends a part of the response body.</summary>
    public async Task SendAsync(string part)
    {
        await context.Response.WriteAsync(part);
        await context.Response.Body.FlushAsync();
    }

    public void End() => _ended.TrySetResult();

    /// <summary>Aborts the connection.</summary>
    public void Abort()
    {
        context.Abort();
        End();
    }
}
