using Depmap.Relay.Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Depmap.Relay;

/// <summary>A port of the relay. Each serves only its own calls: agents cannot query, and readers cannot report.</summary>
internal sealed record RelayPort(string Name, HttpProtocols Protocols)
{
    public static readonly RelayPort Intake = new("intake", HttpProtocols.Http2);
    public static readonly RelayPort Queries = new("queries", HttpProtocols.Http2);
    public static readonly RelayPort Health = new("health", HttpProtocols.Http1);

    /// <summary>Configures an endpoint to serve this port's calls.</summary>
    /// <param name="certificates">The certificates for mutual TLS; null to accept connections without TLS.</param>
    public void Configure(ListenOptions endpoint, ICertificates? certificates)
    {
        endpoint.Protocols = Protocols;
        if (certificates is not null)
        {
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = async connection => (await certificates.GetAsync(connection.CancellationToken)).ForServer(),
            });
        }

        endpoint.Use(next => connection =>
        {
            connection.Features.Set(this);
            return next(connection);
        });
    }

    /// <summary>Middleware that hides the services of other ports.</summary>
    public static Task RestrictToPort(HttpContext context, RequestDelegate next)
    {
        RelayPort? required = context.GetEndpoint()?.Metadata.GetMetadata<RelayPort>();
        if (required is not null && context.Features.Get<RelayPort>() != required)
            context.SetEndpoint(null);
        return next(context);
    }
}
