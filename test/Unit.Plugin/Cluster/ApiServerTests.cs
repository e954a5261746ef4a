using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class ApiServerTests : IDisposable
{
    private static readonly EnvironmentProxy NoProxy = new(_ => null);

    private readonly X509Certificate2 _authority = TestCertificates.Authority();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task It_asks_as_the_user_of_the_connection()
    {
        string? asked = null;
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(async context =>
        {
            HttpRequest request = context.Request;
            using var body = new StreamReader(request.Body);
            asked = $"{request.Method} {request.Path}{request.QueryString} {request.Headers.Authorization} {request.Headers["Impersonate-User"]} "
                + $"{string.Join('|', request.Headers["Impersonate-Group"].ToArray())} {request.ContentType} {await body.ReadToEndAsync()}";
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync("""{"kind":"Pod"}""");
        });
        using ApiServer api = Open(Plain(server) with
        {
            Server = new Uri(server.Address, "/k8s/clusters/c-1"),
            Credential = FixedCredential.Token("secret"),
            Impersonation = new Impersonation("bob", null, ["dev", "öps"], []),
        });
        ApiAnswer answer = await api.SendAsync(HttpMethod.Patch, "/api/v1/pods?fieldManager=depmap", new JsonObject { ["a"] = 1 }, "application/apply-patch+yaml", default);
        Assert.Equal((201, "Pod"), (answer.Status, (string?)answer.Body!["kind"]));
        Assert.Equal("PATCH /k8s/clusters/c-1/api/v1/pods?fieldManager=depmap Bearer secret bob dev|öps application/apply-patch+yaml {\"a\":1}", asked);
    }

    [Fact]
    public async Task A_refused_credential_is_renewed_once()
    {
        var tokens = new List<string>();
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            tokens.Add($"{context.Request.Headers.Authorization}");
            context.Response.StatusCode = tokens[^1] == "Bearer t2" ? 200 : 401;
            return Task.CompletedTask;
        });
        var credential = new Renewed();
        using ApiServer api = Open(Plain(server) with { Credential = credential });
        Assert.True((await api.SendAsync(HttpMethod.Post, "/x", new JsonObject(), null, default)).Ok);
        Assert.Equal(["Bearer t1", "Bearer t2"], tokens);
        credential.Refuse(new Identity(null));
        ApiException failure = await Assert.ThrowsAsync<ApiException>(() => api.SendAsync(HttpMethod.Get, "/x", null, null, default));
        Assert.Equal($"the API server at http://127.0.0.1:{server.Address.Port} does not know who asks (user ann). Try: log in again, or another --context", failure.Message);
        Assert.Equal(4, tokens.Count);
    }

    [Fact]
    public async Task A_client_certificate_is_shown_and_another_means_another_connection()
    {
        using var server1 = TestCertificates.Leaf(_authority, "server", "127.0.0.1");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context => context.Response.WriteAsync($"\"{context.Connection.ClientCertificate?.Subject}\""), server1);
        using var ann = TestCertificates.Leaf(_authority, "ann");
        using var eve = TestCertificates.Leaf(_authority, "eve");
        var credential = new Changing { Certificate = null };
        using ApiServer api = Open(Secure(server) with { ClientCertificate = [ann], Credential = credential });
        Assert.Equal("CN=ann", (string?)(await Get(api)).Body);
        credential.Certificate = [eve];
        Assert.Equal("CN=eve", (string?)(await Get(api)).Body);
    }

    [Fact]
    public async Task The_name_for_tls_may_differ_from_the_address()
    {
        using var leaf = TestCertificates.Leaf(_authority, "server", "inner.example");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf);
        using ApiServer api = Open(Secure(server) with { Trust = new ServerTrust([_authority], "inner.example", false) });
        Assert.True((await Get(api)).Ok);
        Assert.Equal(["inner.example"], server.Names);
    }

    [Fact]
    public async Task Any_certificate_of_a_bundle_is_trusted_also_one_that_is_no_root()
    {
        using var between = TestCertificates.Authority("between", _authority);
        using var leaf = TestCertificates.Leaf(between, "server", "127.0.0.1");
        using var stranger = TestCertificates.Authority("stranger");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf, between);
        using ApiServer byRoot = Open(Secure(server) with { Trust = new ServerTrust([stranger, _authority], null, false) });
        Assert.True((await Get(byRoot)).Ok);
        using ApiServer byMiddle = Open(Secure(server) with { Trust = new ServerTrust([stranger, between], null, false) });
        Assert.True((await Get(byMiddle)).Ok);
    }

    [Theory]
    [InlineData("stranger", "its certificate is signed by an authority other than the kubeconfig's. Is the kubeconfig of this cluster, and is it still in date?")]
    [InlineData("system", "its certificate is signed by an authority that this machine does not trust. Is the certificate-authority missing in the kubeconfig?")]
    [InlineData("ended", "its certificate ended at *")]
    [InlineData("name", "its certificate is for api.example, 10.0.0.1. Try: one of these in the kubeconfig, as tls-server-name or in server")]
    [InlineData("anyone", null)]
    public async Task A_certificate_that_is_wrong_is_refused_with_the_reason(string what, string? problem)
    {
        using var stranger = TestCertificates.Authority("stranger");
        using var leaf = what is "ended" ? TestCertificates.Ended(_authority, "127.0.0.1")
            : what is "name" or "anyone" ? TestCertificates.Leaf(_authority, "server", "api.example", "10.0.0.1")
            : TestCertificates.Leaf(_authority, "server", "127.0.0.1");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf);
        ServerTrust trust = what switch
        {
            "stranger" => new ServerTrust([stranger], null, false),
            "system" => ServerTrust.OfTheSystem,
            "anyone" => new ServerTrust(null, null, true),
            _ => new ServerTrust([_authority], null, false),
        };
        using ApiServer api = Open(Secure(server) with { Trust = trust });
        if (problem is null)
        {
            Assert.True((await Get(api)).Ok);
            return;
        }

        string said = (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message;
        string expected = $"cannot reach the API server at https://127.0.0.1:{server.Address.Port}: {problem}";
        if (expected.EndsWith('*'))
            Assert.StartsWith(expected.TrimEnd('*'), said);
        else
            Assert.Equal(expected, said);
    }

    [Fact]
    public async Task A_server_that_is_down_or_speaks_no_tls_is_named()
    {
        FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask);
        int port = server.Address.Port;
        var address = new Uri($"https://127.0.0.1:{port}");
        using (ApiServer secure = Open(Plain(server) with { Server = address }))
        {
            Assert.Matches(
                $"^cannot reach the API server at https://127.0.0.1:{port}: .*TLS",
                (await Assert.ThrowsAsync<ApiException>(() => Get(secure))).Message);
        }

        await server.DisposeAsync();
        using ApiServer api = Open(Plain(server) with { Server = address });
        Assert.Equal(
            $"cannot reach the API server at https://127.0.0.1:{port}: connection refused. Is the cluster running, and is this its address?",
            (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message);
        using ApiServer nowhere = Open(Plain(server) with { Server = new Uri("https://depmap.invalid") });
        Assert.StartsWith(
            "cannot reach the API server at https://depmap.invalid: no such host. ",
            (await Assert.ThrowsAsync<ApiException>(() => Get(nowhere))).Message);
    }

    [Fact]
    public async Task A_slow_server_is_waited_for_as_long_as_was_said()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var api = new ApiServer(Plain(server), NoProxy, TimeSpan.FromMilliseconds(50));
        Assert.Equal(
            $"the API server at http://127.0.0.1:{server.Address.Port} did not answer within 0.05 s. Try again, or with --request-timeout",
            (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message);
        using var stop = new CancellationTokenSource(50);
        using var patient = new ApiServer(Plain(server), NoProxy, TimeSpan.Zero);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => patient.SendAsync(HttpMethod.Get, "/", null, null, stop.Token));
    }

    [Fact]
    public async Task What_is_no_json_has_no_body()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("<html>");
        });
        using ApiServer api = Open(Plain(server));
        ApiAnswer answer = await Get(api);
        Assert.Equal((503, null, "HTTP 503"), (answer.Status, answer.Body, answer.Message));
    }

    [Fact]
    public async Task A_watch_gives_its_lines_as_they_come_until_it_ends()
    {
        var seen = new SemaphoreSlim(0);
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(async context =>
        {
            await context.Response.WriteAsync("{\"type\":\"ADDED\"}\n{\"type\":");
            await context.Response.Body.FlushAsync();
            await seen.WaitAsync();
            await context.Response.WriteAsync("\"BOOKMARK\"}\n");
        });
        using ApiServer api = Open(Plain(server));
        var types = new List<string>();
        await foreach (JsonObject line in api.WatchAsync("/api/v1/pods?watch=1", default))
        {
            types.Add((string)line["type"]!);
            seen.Release();
        }

        Assert.Equal(["ADDED", "BOOKMARK"], types);
    }

    [Fact]
    public async Task A_refused_watch_gives_an_error()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("""{"kind":"Status","message":"no","code":403}""");
        });
        using ApiServer api = Open(Plain(server));
        var lines = new List<string>();
        await foreach (JsonObject line in api.WatchAsync("/api/v1/pods?watch=1", default))
            lines.Add(line.ToJsonString());
        Assert.Equal(["""{"type":"ERROR","object":{"kind":"Status","message":"no","code":403}}"""], lines);
    }

    [Fact]
    public async Task The_kubeconfigs_proxy_is_asked_for_a_tunnel()
    {
        using var leaf = TestCertificates.Leaf(_authority, "server", "api.example");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf);
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        Task<string> asked = TunnelAsync(proxy, server.Address.Port);
        using (ApiServer api = Open(Secure(server) with
        {
            Server = new Uri("https://api.example"),
            Proxy = new Uri($"http://me:p%40ss@{proxy.LocalEndpoint}"),
        }))
        {
            Assert.True((await Get(api)).Ok);
        }

        Assert.StartsWith("CONNECT api.example:443 HTTP/1.1\r\n", await asked);
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_named()
    {
        await using FakeHttpServer proxy = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        using ApiServer api = Open(new Connection(new Uri("https://api.example"), "c", "default", "ann") { Proxy = proxy.Address });
        string said = (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message;
        Assert.StartsWith("cannot reach the API server at https://api.example: the proxy refused: ", said);
        Assert.Contains("403", said);
    }

    private static async Task<string> TunnelAsync(TcpListener proxy, int port)
    {
        using TcpClient client = await proxy.AcceptTcpClientAsync();
        NetworkStream near = client.GetStream();
        var buffer = new byte[4096];
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append(Encoding.ASCII.GetString(buffer, 0, await near.ReadAsync(buffer)));
        await near.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, port);
        NetworkStream far = server.GetStream();
        await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        return head.ToString();
    }

    private static ApiServer Open(Connection connection) => new(connection, NoProxy);

    private static Task<ApiAnswer> Get(ApiServer api) => api.SendAsync(HttpMethod.Get, "/version", null, null, default);

    private static Connection Plain(FakeHttpServer server) => new(server.Address, "c", "default", "ann");

    private Connection Secure(FakeHttpServer server) => Plain(server) with { Trust = new ServerTrust([_authority], null, false) };

    private sealed class Renewed : ICredential
    {
        private int _count = 1;

        public ValueTask<Identity> GetAsync(CancellationToken cancellationToken) => new(new Identity(new AuthenticationHeaderValue("Bearer", $"t{_count}")));

        public bool Refuse(Identity refused)
        {
            _count++;
            return true;
        }
    }

    private sealed class Changing : ICredential
    {
        public X509Certificate2Collection? Certificate { get; set; }

        public ValueTask<Identity> GetAsync(CancellationToken cancellationToken) => new(new Identity(null, Certificate));

        public bool Refuse(Identity refused) => false;
    }
}
