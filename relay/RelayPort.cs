using Depmap.Common.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Depmap.Relay;

/// <summary>Which of the ports a connection came in by. Each serves its own calls only: agents may not read, nor readers report.</summary>
internal sealed record RelayPort(string Name, HttpProtocols Protocols)
{
    public static readonly RelayPort Intake = new("intake", HttpProtocols.Http2);
    public static readonly RelayPort Queries = new("queries", HttpProtocols.Http2);
    public static readonly RelayPort Health = new("health", HttpProtocols.Http1);

    /// <summary>Serves this port's calls at an endpoint.</summary>
    /// <param name="tls">Whose connections are let in; null for anybody's, in the clear.</param>
    public void Serve(ListenOptions endpoint, TlsFolder? tls)
    {
        endpoint.Protocols = Protocols;
        if (tls is not null)
            endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(tls.ForServer()) });
        endpoint.Use(next => connection =>
        {
            connection.Features.Set(this);
            return next(connection);
        });
    }

    /// <summary>Lets a request of another port's service find nothing.</summary>
    public static Task Gate(HttpContext context, RequestDelegate next)
    {
        RelayPort? wanted = context.GetEndpoint()?.Metadata.GetMetadata<RelayPort>();
        if (wanted is not null && context.Features.Get<RelayPort>() != wanted)
            context.SetEndpoint(null);
        return next(context);
    }
}
