using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>An API server's HTTP, over TLS where it has a certificate, that answers what the test says.</summary>
internal sealed class FakeHttpServer : IAsyncDisposable
{
    private readonly WebApplication _host;

    private FakeHttpServer(WebApplication host, Uri address) => (_host, Address) = (host, address);

    public Uri Address { get; }

    /// <summary>The names that clients asked for by TLS.</summary>
    public List<string> Names { get; } = [];

    /// <param name="chain">Its certificate, then those it sends along; none for plain HTTP.</param>
    public static async Task<FakeHttpServer> StartAsync(RequestDelegate answer, params X509Certificate2[] chain)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        FakeHttpServer? server = null;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
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
        string address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return server = new FakeHttpServer(host, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await _host.StopAsync(atOnce.Token);
        await _host.DisposeAsync();
    }
}
