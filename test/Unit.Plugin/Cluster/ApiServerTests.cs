using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using k8s.Authentication;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class ApiServerTests : IDisposable
{
    private const string Status = """{"kind":"Status"}""";
    private static readonly EnvironmentProxy NoProxy = new(_ => null);

    private readonly X509Certificate2 _authority = TestCertificates.Authority();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Requests_identify_the_user_of_the_connection()
    {
        string? received = null;
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(async context =>
        {
            HttpRequest request = context.Request;
            using var body = new StreamReader(request.Body);
            received = $"{request.Method} {request.Path}{request.QueryString} {request.Headers.Authorization} "
                + $"{request.Headers["Impersonate-User"]} {string.Join('|', request.Headers["Impersonate-Group"].ToArray())} "
                + $"{request.ContentType} "
                + await body.ReadToEndAsync();
            context.Response.StatusCode = 201;
            await context.Response.WriteAsync("""{"kind":"Pod"}""");
        });
        using ApiServer api = Open(Plain(server) with
        {
            Server = new Uri(server.Address, "/k8s/clusters/c-1"),
            Credentials = new TokenCredentials("secret"),
            Impersonation = new Impersonation("bob", null, ["dev", "öps"], []),
        });
        ApiAnswer answer = await api.SendAsync(
            HttpMethod.Patch, "/api/v1/pods?fieldManager=depmap", new JsonObject { ["a"] = 1 }, "application/apply-patch+yaml", default);
        Assert.Equal((201, "Pod"), (answer.Status, (string?)answer.Body!["kind"]));
        Assert.Equal(
            """PATCH /k8s/clusters/c-1/api/v1/pods?fieldManager=depmap Bearer secret bob dev|öps application/apply-patch+yaml {"a":1}""",
            received);
    }

    [Fact]
    public async Task A_rejected_credential_is_renewed_once()
    {
        var tokens = new List<string>();
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            tokens.Add($"{context.Request.Headers.Authorization}");
            context.Response.StatusCode = tokens[^1] == "Bearer t2" ? 200 : 401;
            return context.Response.WriteAsync(Status);
        });
        var credentials = new NumberedTokens();
        using ApiServer api = Open(Plain(server) with { Credentials = credentials });
        Assert.True((await api.SendAsync(HttpMethod.Post, "/x", new JsonObject(), null, default)).Ok);
        Assert.Equal(["Bearer t1", "Bearer t2"], tokens);
        credentials.Invalidate(new Identity(null));
        ApiException failure = await Assert.ThrowsAsync<ApiException>(() => api.SendAsync(HttpMethod.Get, "/x", null, null, default));
        Assert.Equal(
            $"the API server at http://127.0.0.1:{server.Address.Port} does not accept the credentials of user ann. "
                + "Try: log in again, or another --context",
            failure.Message);
        Assert.Equal(4, tokens.Count);
    }

    [Fact]
    public async Task A_new_client_certificate_opens_a_new_connection()
    {
        using var server1 = TestCertificates.Leaf(_authority, "server", "127.0.0.1");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context => context.Response.WriteAsync($$"""{"gitVersion":"{{context.Connection.ClientCertificate?.Subject}}"}"""), server1);
        using var ann = TestCertificates.Leaf(_authority, "ann");
        using var eve = TestCertificates.Leaf(_authority, "eve");
        var credentials = new ChangingCertificate();
        using ApiServer api = Open(Secure(server) with { ClientCertificate = [ann], Credentials = credentials });
        Assert.Equal("CN=ann", (string?)(await Get(api)).Body!["gitVersion"]);
        credentials.Certificate = [eve];
        Assert.Equal("CN=eve", (string?)(await Get(api)).Body!["gitVersion"]);
    }

    [Fact]
    public async Task The_tls_server_name_is_used_for_tls_only()
    {
        using var leaf = TestCertificates.Leaf(_authority, "server", "inner.example");
        string? host = null;
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context =>
            {
                host = $"{context.Request.Host}";
                return VersionAsync(context);
            },
            leaf);
        using ApiServer api = Open(Secure(server) with { Trust = new ServerTrust([_authority], "inner.example", false) });
        Assert.True((await Get(api)).Ok);
        Assert.Equal(["inner.example"], server.Names);
        Assert.Equal($"127.0.0.1:{server.Address.Port}", host);
    }

    [Fact]
    public async Task Each_certificate_of_a_bundle_is_trusted_even_if_it_is_not_a_root()
    {
        using var between = TestCertificates.Authority("between", _authority);
        using var leaf = TestCertificates.Leaf(between, "server", "127.0.0.1");
        using var stranger = TestCertificates.Authority("stranger");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(VersionAsync, leaf, between);
        using ApiServer byRoot = Open(Secure(server) with { Trust = new ServerTrust([stranger, _authority], null, false) });
        Assert.True((await Get(byRoot)).Ok);
        using ApiServer byMiddle = Open(Secure(server) with { Trust = new ServerTrust([stranger, between], null, false) });
        Assert.True((await Get(byMiddle)).Ok);
    }

    [Theory]
    [InlineData(
        "stranger",
        "is signed by an authority other than the kubeconfig's. Is this the kubeconfig of this cluster, and is it up to date?")]
    [InlineData(
        "system", "is signed by an authority that this machine does not trust. Is certificate-authority missing in the kubeconfig?")]
    [InlineData("expired", "expired at *")]
    [InlineData("name", "is valid for api.example, 10.0.0.1. Try: use one of these in the kubeconfig, in server or as tls-server-name")]
    [InlineData("skip", null)]
    public async Task An_invalid_certificate_is_rejected_with_the_reason(string what, string? reason)
    {
        using var stranger = TestCertificates.Authority("stranger");
        using var leaf = what is "expired" ? TestCertificates.Ended(_authority, "127.0.0.1")
            : what is "name" or "skip" ? TestCertificates.Leaf(_authority, "server", "api.example", "10.0.0.1")
            : TestCertificates.Leaf(_authority, "server", "127.0.0.1");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(VersionAsync, leaf);
        ServerTrust trust = what switch
        {
            "stranger" => new ServerTrust([stranger], null, false),
            "system" => ServerTrust.SystemAuthorities,
            "skip" => new ServerTrust(null, null, true),
            _ => new ServerTrust([_authority], null, false),
        };
        using ApiServer api = Open(Secure(server) with { Trust = trust });
        if (reason is null)
        {
            Assert.True((await Get(api)).Ok);
            return;
        }

        string error = (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message;
        string expected = $"cannot reach the API server at https://127.0.0.1:{server.Address.Port}: its certificate {reason}";
        if (expected.EndsWith('*'))
            Assert.StartsWith(expected.TrimEnd('*'), error);
        else
            Assert.Equal(expected, error);
    }

    [Fact]
    public async Task A_server_that_is_down_or_without_tls_is_reported_with_its_address()
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
            $"cannot reach the API server at https://127.0.0.1:{port}: connection refused. "
                + "Is the cluster running, and is this its address?",
            (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message);
        using ApiServer nowhere = Open(Plain(server) with { Server = new Uri("https://depmap.invalid") });
        Assert.StartsWith(
            "cannot reach the API server at https://depmap.invalid: no such host. ",
            (await Assert.ThrowsAsync<ApiException>(() => Get(nowhere))).Message);
    }

    [Fact]
    public async Task A_slow_server_ends_in_a_timeout()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var api = new ApiServer(Plain(server), NoProxy, TimeSpan.FromMilliseconds(50));
        Assert.Equal(
            $"the API server at http://127.0.0.1:{server.Address.Port} did not respond within 0.05 s. Try again, or with --request-timeout",
            (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message);
        using var stop = new CancellationTokenSource(50);
        using var unlimited = new ApiServer(Plain(server), NoProxy, TimeSpan.Zero);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unlimited.SendAsync(HttpMethod.Get, "/", null, null, stop.Token));
    }

    [Fact]
    public async Task A_failure_that_is_not_json_says_what_came()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("<html>");
        });
        using ApiServer api = Open(Plain(server));
        ApiAnswer answer = await Get(api);
        Assert.Equal(
            (503, null, $"HTTP 503 with an HTML or XML page from http://127.0.0.1:{server.Address.Port}"),
            (answer.Status, answer.Body, answer.Message));
    }

    [Fact]
    public async Task Requests_are_logged_without_credentials()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Method == "GET" ? 200 : 403;
            return context.Response.WriteAsync("""{"gitVersion":"1","kind":"Status"}""");
        });
        var lines = new List<string>();
        using (var api = new ApiServer(
            Plain(server) with { Credentials = new TokenCredentials("secret"), Impersonation = new Impersonation("bob", null, [], []) },
            NoProxy,
            log: lines.Add))
        {
            await Get(api);
            await api.SendAsync(HttpMethod.Post, "/api/v1/pods?dryRun=All", new JsonObject(), null, default);
            await server.DisposeAsync();
            await Assert.ThrowsAsync<ApiException>(() => Get(api));
        }

        Assert.Equal(3, lines.Count);
        Assert.Matches($"^GET {server.Address}version 200 OK in [0-9]+ ms$", lines[0]);
        Assert.Matches($"^POST {server.Address}api/v1/pods\\?dryRun=All 403 Forbidden in [0-9]+ ms$", lines[1]);
        Assert.Matches($"^GET {server.Address}version failed in [0-9]+ ms$", lines[2]);
    }

    [Fact]
    public async Task A_watch_returns_each_line_as_it_arrives()
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
    public async Task A_refused_watch_returns_an_error_event()
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
    public async Task Requests_go_through_the_proxy_of_the_kubeconfig()
    {
        using var leaf = TestCertificates.Leaf(_authority, "server", "api.example");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(VersionAsync, leaf);
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        Task<string> connect = ProxyTunnel.ServeAsync(proxy, server.Address.Port);
        using (ApiServer api = Open(Secure(server) with
        {
            Server = new Uri("https://api.example"),
            Proxy = ProxyAddress.Parse($"http://me:p%40ss@{proxy.LocalEndpoint}", "proxy-url"),
        }))
        {
            Assert.True((await Get(api)).Ok);
        }

        Assert.StartsWith("CONNECT api.example:443 HTTP/1.1\r\n", await connect);
    }

    [Fact]
    public async Task A_refusing_proxy_is_reported()
    {
        await using FakeHttpServer proxy = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 403;
            return Task.CompletedTask;
        });
        using ApiServer api = Open(new Connection(new Uri("https://api.example"), "c", "default", "ann") 
        {
            Proxy = ProxyAddress.Parse($"{proxy.Address}", "proxy-url"),
        });
        Assert.Equal(
            $"cannot reach the API server at https://api.example: the proxy 127.0.0.1:{proxy.Address.Port} (proxy-url) "
                + "does not allow connections to this address (HTTP 403)",
            (await Assert.ThrowsAsync<ApiException>(() => Get(api))).Message);
    }

    private static Task VersionAsync(HttpContext context) => context.Response.WriteAsync("""{"gitVersion":"v1.34.4"}""");

    private static ApiServer Open(Connection connection) => new(connection, NoProxy);

    private static Task<ApiAnswer> Get(ApiServer api) => api.SendAsync(HttpMethod.Get, "/version", null, null, default);

    private static Connection Plain(FakeHttpServer server) => new(server.Address, "c", "default", "ann");

    private Connection Secure(FakeHttpServer server) => Plain(server) with { Trust = new ServerTrust([_authority], null, false) };

    private sealed class NumberedTokens : RenewableCredentials
    {
        private int _count = 1;

        public override ValueTask<Identity> GetAsync(CancellationToken cancellationToken) =>
            new(new Identity(new AuthenticationHeaderValue("Bearer", $"t{_count}")));

        public override void Invalidate(Identity rejected) => _count++;
    }

    private sealed class ChangingCertificate : RenewableCredentials
    {
        public X509Certificate2Collection? Certificate { get; set; }

        public override ValueTask<Identity> GetAsync(CancellationToken cancellationToken) => new(new Identity(null, Certificate));

        public override void Invalidate(Identity rejected)
        {
        }
    }
}
