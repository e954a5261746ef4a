using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Depmap.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;

namespace Depmap.Relay.Tests.Running;

/// <summary>An agent that connects to a relay and reports one batch.</summary>
internal static class ReportingAgent
{
    /// <param name="host">The name by which the agent knows the relay.</param>
    /// <returns>The number of the batch that the relay acknowledged.</returns>
    public static async Task<ulong> ReportAsync(WebApplication relay, SslClientAuthenticationOptions tls, string host = "localhost")
    {
        using GrpcChannel channel = Channel(relay, clear: false, new SocketsHttpHandler { SslOptions = tls }, host);
        return await ReportAsync(channel);
    }

    public static async Task<ulong> ReportAsync(GrpcChannel channel)
    {
        using var call = new V1.Intake.IntakeClient(channel).Report(deadline: DateTime.UtcNow.AddSeconds(20));
        await call.RequestStream.WriteAsync(new AgentMessage { Hello = new Hello { Node = "node-a", Epoch = 1 } });
        await call.RequestStream.WriteAsync(new AgentMessage { Batch = new Batch { Sequence = 1 } });
        Assert.True(await call.ResponseStream.MoveNext(default));
        return call.ResponseStream.Current.Sequence;
    }

    public static GrpcChannel Channel(WebApplication relay, bool clear, SocketsHttpHandler handler, string host = "localhost")
    {
        int port = int.Parse(RelayHost.BoundAddresses(relay).First().Split(':')[^1], CultureInfo.InvariantCulture);
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return client.GetStream();
        };
        return GrpcChannel.ForAddress(
            $"{(clear ? "http" : "https")}://{host}:{port}", new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
    }
}
