using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>Which of the two protocols a port-forward uses, and the error if neither works.</summary>
public sealed class ForwardFallbackTests
{
    private const string Stripped = "Does a proxy remove the Upgrade header?";

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(405)]
    [InlineData(426)]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(502)]
    public async Task Where_a_WebSocket_is_refused_SPDY_is_used_from_then_on(int status)
    {
        var methods = new List<string>();
        await using FakeHttpServer server = await StartAsync(methods, status, StatusCodes.Status101SwitchingProtocols);
        using ApiServer api = Open(server);
        await using Stream first = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        await using Stream second = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        Assert.Equal(["GET", "POST", "POST"], methods);
    }

    [Fact]
    public async Task Where_a_WebSocket_works_nothing_else_is_tried()
    {
        var methods = new List<string>();
        await using FakeHttpServer server = await StartAsync(methods, StatusCodes.Status101SwitchingProtocols, 403);
        using ApiServer api = Open(server);
        await using Stream first = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        await using Stream second = await api.ForwardAsync("depmap", "relay-1", 9470, default);
        Assert.Equal(["GET", "GET"], methods);
    }

    [Theory]
    [InlineData(404, 101, 404, "of the GET")]
    [InlineData(504, 101, 504, "of the GET")]
    [InlineData(403, 403, 403, "of the POST")]
    [InlineData(400, 403, 403, "of the POST")]
    [InlineData(403, 400, 403, "of the GET")] // the permission for a WebSocket would help
    [InlineData(403, 200, 403, "of the GET")]
    [InlineData(403, 500, 500, "of the POST")]
    [InlineData(403, 404, 404, "of the POST")]
    [InlineData(400, 501, 501, "ADDRESS answered HTTP 400 instead of opening a WebSocket, and HTTP 501 instead of SPDY/3.1. " + Stripped)]
    [InlineData(200, 200, 200, "ADDRESS answered HTTP 200 instead of opening a WebSocket, and HTTP 200 instead of SPDY/3.1. " + Stripped)]
    [InlineData(500, 400, 500, "of the GET")]
    public async Task An_error_is_that_of_the_protocol_that_came_further(int webSocket, int spdy, int status, string message)
    {
        await using FakeHttpServer server = await StartAsync([], webSocket, spdy);
        using ApiServer api = Open(server);
        ForwardException refused = await Assert.ThrowsAsync<ForwardException>(() => api.ForwardAsync("depmap", "relay-1", 9470, default));
        Assert.Equal((status, message), (refused.Status, refused.Message.Replace(
            $"http://127.0.0.1:{server.Address.Port}", "ADDRESS", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("80030003 00000008 00000001 00000003", "the API server reset the port-forward (status 3 of SPDY/3.1)")]
    [InlineData("80030003 00000008 00000003 00000003", "the API server reset the port-forward (status 3 of SPDY/3.1)")]
    [InlineData("80030002 01000004 00000003", "the API server refused to open the port")]
    [InlineData("", "the API server closed the port-forward")]
    public async Task A_refused_stream_is_a_refused_port_forward(string answer, string error)
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            await peer.ReadFrameAsync();
            await peer.ReadFrameAsync();
            await peer.SendAsync(Convert.FromHexString(answer.Replace(" ", "", StringComparison.Ordinal)));
        });
        Assert.Equal(error, (await Assert.ThrowsAsync<ForwardException>(() => SpdyServer.ForwardAsync(server))).Message);
    }

    [Fact]
    public async Task A_server_that_does_not_open_the_streams_costs_the_timeout()
    {
        await using FakeHttpServer server = await SpdyServer.StartAsync(async peer =>
        {
            for (int i = 0; i < 3; i++)
                await peer.ReadFrameAsync();
        });
        using var api = new ApiServer(
            new Connection(server.Address, "c", "default", "ann"), new EnvironmentProxy(_ => null), TimeSpan.FromMilliseconds(300));
        ApiException late = await Assert.ThrowsAsync<ApiException>(() => api.ForwardAsync("depmap", "relay-1", 9470, default));
        Assert.Contains("did not respond within 0.3 s", late.Message);
    }

    [Fact]
    public async Task A_user_who_may_not_is_told_the_permissions_once_both_are_forbidden()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/portforward", StringComparison.Ordinal))
            {
                return context.Response.WriteAsync(
                    """{"kind":"PodList","items":[{"metadata":{"name":"a","namespace":"depmap"},"status":{"phase":"Running"}}]}""");
            }

            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("""{"kind":"Status","message":"no"}""");
        });
        using ApiServer api = Open(server);
        PluginRun run = await PluginRun.Of(["map"], [], server: api);
        Assert.StartsWith("error: you are not allowed to port-forward to the relay in namespace depmap. ", run.Error);
        Assert.Contains("verbs: [get, create]", run.Error);
    }

    private static Task<FakeHttpServer> StartAsync(List<string> methods, int webSocket, int spdy) =>
        FakeHttpServer.StartAsync(async context =>
        {
            string method = context.Request.Method;
            methods.Add(method);
            int status = method == "GET" ? webSocket : spdy;
            if (status != StatusCodes.Status101SwitchingProtocols)
            {
                context.Response.StatusCode = status;
                if (status != StatusCodes.Status204NoContent)
                    await context.Response.WriteAsync($$"""{"kind":"Status","message":"of the {{method}}"}""");
            }
            else if (method == "GET")
            {
                await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
            }
            else
            {
                await using Stream stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
                await new SpdyServer(stream).AcceptAsync();
            }
        });

    private static ApiServer Open(FakeHttpServer server) =>
        new(new Connection(server.Address, "c", "default", "ann"), new EnvironmentProxy(_ => null));
}
