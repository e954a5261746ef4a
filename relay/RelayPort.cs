using Depmap.Relay.Queries;
using Depmap.Relay.Intake;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Depmap.Relay;

/// <summary>Which of the two ports a connection came in by. Each serves its own calls only: agents may not read, nor readers report.</summary>
internal sealed record RelayPort(string Name)
{
    public static readonly RelayPort Intake = new("intake");
    public static readonly RelayPort Queries = new("queries");

    /// <summary>Serves this port's calls at an endpoint, as HTTP/2 without TLS.</summary>
    public void Serve(ListenOptions endpoint)
    {
        endpoint.Protocols = HttpProtocols.Http2;
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
