using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Depmap.Support;

/// <summary>An HTTP server in this process whose responses the test supplies; over TLS if it has a certificate.</summary>
public sealed class FakeHttpServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private FakeHttpServer(WebApplication host, Uri address) => (_host, Address) = (host, address);

    public Uri Address { get; }

    /// <summary>The server names that clients sent (TLS server name indication).</summary>
    public List<string> Names { get; } = [];

    /// <summary>Starts a server for HTTP/1.1 on a free port.</summary>
    /// <param name="chain">Its certificate, followed by intermediate ones; none for plain HTTP.</param>
    public static Task<FakeHttpServer> StartAsync(RequestDelegate answer, params X509Certificate2[] chain) =>
        StartAsync(answer, 0, HttpProtocols.Http1, chain);

    /// <param name="port">0 for a free one.</param>
    public static async Task<FakeHttpServer> StartAsync(
        RequestDelegate answer, int port, HttpProtocols protocols, params X509Certificate2[] chain)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        FakeHttpServer? server = null;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen =>
        {
            listen.Protocols = protocols;
            if (chain is [var own, .. var others])
            {
                SslStreamCertificateContext context = SslStreamCertificateContext.Create(own, [.. others], offline: true);
                listen.UseHttps(new TlsHandshakeCallbackOptions
                {
                    OnConnection = connection =>
                    {
                        server!.Names.Add(connection.ClientHelloInfo.ServerName);
                        return ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificateContext = context,
                            ApplicationProtocols =
                                [protocols == HttpProtocols.Http2 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11],
                            ClientCertificateRequired = true,
                            RemoteCertificateValidationCallback = (_, _, _, _) => true,
                        });
                    },
                });
            }
        }));
        WebApplication host = builder.Build();
        host.UseWebSockets();
        host.Run(answer);
        await host.StartAsync();
        return server = new FakeHttpServer(host, new Uri(host.Urls.Single()));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _host.StopAsync(now.Token); // without waiting for requests
        await _host.DisposeAsync();
    }
}
