using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Depmap.Relay.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Depmap.Relay.Tests.Cluster;

/// <summary>An API server in this process whose responses are set for each request, with a service account for it.</summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    private readonly TestAuthority _authority = new();
    private readonly Channel<FakeRequest> _requests = Channel.CreateUnbounded<FakeRequest>();
    private readonly string _tls;
    private FakeHttpServer? _http;

    private readonly RequestDelegate _answer;

    private FakeApiServer(RequestDelegate? answer)
    {
        _answer = answer ?? QueueAsync;
        _tls = _authority.Folder(TestAuthority.Use.Server);
        Folder = _authority.Folder(TestAuthority.Use.Client); // only its ca.crt is used
        File.WriteAllText(Path.Combine(Folder, "token"), "secret\n");
    }

    /// <summary>A service account's folder.</summary>
    public string Folder { get; }

    public int Port { get; private set; }

    /// <summary>The API groups in addition to those of each cluster, as JSON. Discovery does not wait for the test.</summary>
    public string Groups { get; set; } = "";

    public ServiceAccount Account => ServiceAccount.Open(Folder, Environment);

    /// <param name="answer">Answers all requests; without it they wait for the test.</param>
    public static async Task<FakeApiServer> StartAsync(RequestDelegate? answer = null)
    {
        var server = new FakeApiServer(answer);
        await server.RestartAsync();
        return server;
    }

    public async Task RestartAsync()
    {
        var identity = X509Certificate2.CreateFromPemFile(Path.Combine(_tls, "tls.crt"), Path.Combine(_tls, "tls.key"));
        _http = await FakeHttpServer.StartAsync(_answer, Port, HttpProtocols.Http2, identity);
        Port = _http.Address.Port;
    }

    /// <summary>The variables of a pod's environment that lead to this server.</summary>
    public string? Environment(string name) =>
        name == "KUBERNETES_SERVICE_HOST" ? "localhost" : name == "KUBERNETES_SERVICE_PORT" ? $"{Port}" : null;

    public Task StopAsync() => _http!.DisposeAsync().AsTask();

    /// <summary>The next request, which waits for its response.</summary>
    public async Task<FakeRequest> NextAsync() => await _requests.Reader.ReadAsync().AsTask().WaitAsync(RequestTimeout);

    /// <summary>Whether there is no request for 200 ms.</summary>
    public async Task<bool> HasNoRequestAsync()
    {
        await Task.WhenAny(_requests.Reader.WaitToReadAsync().AsTask(), Task.Delay(200));
        return _requests.Reader.Count == 0;
    }

    private async Task QueueAsync(HttpContext context)
    {
        var request = new FakeRequest(context);
        if (request.Url == "/apis")
        {
            await request.RespondAsync($$"""{"groups": [{{Groups}}]}""");
            return;
        }

        _requests.Writer.TryWrite(request);
        await request.Ended;
    }

    public async ValueTask DisposeAsync()
    {
        while (_requests.Reader.TryRead(out FakeRequest? request))
            request.End();
        await StopAsync();
        _authority.Dispose();
    }
}
