using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Depmap.Relay.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>An API server in this process whose responses the test gives request by request, and a service account for it.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TestAuthority _authority = new();
    private readonly Channel<Asked> _asked = Channel.CreateUnbounded<Asked>();
    private readonly string _tls;
    private FakeHttpServer? _http;

    private FakeApiServer()
    {
        _tls = _authority.Folder(TestAuthority.Use.Server);
        Folder = _authority.Folder(TestAuthority.Use.Client); // of which only the authority's certificate is looked at
        File.WriteAllText(Path.Combine(Folder, "token"), "secret\n");
    }

    /// <summary>A service account's folder.</summary>
    public string Folder { get; }

    public int Port { get; private set; }

    public ServiceAccount Account => ServiceAccount.Open(
        Folder, name => name == "KUBERNETES_SERVICE_HOST" ? "localhost" : name == "KUBERNETES_SERVICE_PORT" ? $"{Port}" : null);

    public static async Task<FakeApiServer> StartAsync()
    {
        var server = new FakeApiServer();
        await server.StartAgainAsync();
        return server;
    }

    public async Task StartAgainAsync()
    {
        var identity = X509Certificate2.CreateFromPemFile(Path.Combine(_tls, "tls.crt"), Path.Combine(_tls, "tls.key"));
        _http = await FakeHttpServer.StartAsync(
            async context =>
            {
                var asked = new Asked(context);
                _asked.Writer.TryWrite(asked);
                await asked.Ended;
            },
            Port, HttpProtocols.Http2, identity);
        Port = _http.Address.Port;
    }

    public Task StopAsync() => _http!.DisposeAsync().AsTask();

    /// <summary>The next request, which waits to be answered.</summary>
    public async Task<Asked> NextAsync() => await _asked.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    /// <summary>Whether no request comes for a fifth of a second.</summary>
    public async Task<bool> HearsNothingAsync()
    {
        await Task.WhenAny(_asked.Reader.WaitToReadAsync().AsTask(), Task.Delay(200));
        return _asked.Reader.Count == 0;
    }

    public async ValueTask DisposeAsync()
    {
        while (_asked.Reader.TryRead(out Asked? asked))
            asked.End();
        await StopAsync();
        _authority.Dispose();
    }
}

/// <summary>A request.</summary>
internal sealed class Asked(HttpContext context)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;

    /// <summary>Path and query.</summary>
    public string Url { get; } = context.Request.Path + context.Request.QueryString.Value;

    public string? Token { get; } = context.Request.Headers.Authorization;

    public string? Accept { get; } = context.Request.Headers.Accept;

    /// <summary>Answers with a body and ends.</summary>
    public async Task AnswerAsync(string body, int status = 200, string? retryAfter = null)
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
            context.Response.Headers.RetryAfter = retryAfter;
        await SendAsync(body);
        End();
    }

    /// <summary>A part of an answer that goes on.</summary>
    public async Task SendAsync(string part)
    {
        await context.Response.WriteAsync(part);
        await context.Response.Body.FlushAsync();
    }

    public void End() => _ended.TrySetResult();

    /// <summary>Breaks the connection off.</summary>
    public void Abort()
    {
        context.Abort();
        End();
    }
}
