using System.Diagnostics;
using System.Net.Http.Headers;
using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>Something else than an API server answers, or one that is busy.</summary>
public sealed class UnexpectedAnswerTests
{
    private const string Hint = "Is server in the kubeconfig right, or does a proxy answer?";
    private const string Version = """{"gitVersion":"v1.34.4","minor":"34"}""";
    private const string EmptyList = """{"kind":"List","items":[]}""";

    [Theory]
    [InlineData("<html><title>\n Sign in </title>", "an HTML page titled \"Sign in\"")]
    [InlineData("<!DOCTYPE html>", "an HTML or XML page")]
    [InlineData("", "no content")]
    [InlineData("{\"kind\":\"List\",\"ite", "incomplete or invalid JSON")]
    [InlineData("[]", "a JSON array")]
    [InlineData("\"ok\"", "a JSON string")]
    [InlineData("7", "a JSON number")]
    [InlineData("null", "the JSON value null")]
    [InlineData("{\"message\":\"hello\"}", "a JSON object without *")]
    [InlineData("ok\nmore", "the text \"ok\"")]
    public async Task Each_command_says_what_came_and_from_where(string body, string came)
    {
        foreach ((string command, string request) in ((string, string)[])
            [
                ("status", "GET /api/v1/namespaces/depmap/pods"),
                ("observe", "GET /api/v1/pods"),
                ("map", "GET /api/v1/pods"),
                ("install", "GET /version"),
                ("uninstall", "GET /apis/apps/v1/daemonsets"),
                ("try", "GET /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/depmap-relay"),
            ])
        {
            string field = request == "GET /version" ? "gitVersion" : "kind";
            foreach (int status in (int[])[200, 404])
            {
                PluginRun run = await RunAsync(command, context =>
                {
                    context.Response.StatusCode = status;
                    return context.Response.WriteAsync(body);
                });
                string what = came.Replace("*", status == 200 ? field : "kind", StringComparison.Ordinal);
                Assert.Equal(
                    new PluginRun(
                        1,
                        "",
                        $"error: ADDRESS does not answer as a Kubernetes API server: HTTP {status} with {what} for {request}. {Hint}\n"),
                    run);
            }
        }
    }

    [Theory]
    [InlineData("PATCH", "install", "PATCH /api/v1/namespaces/depmap")]
    [InlineData("POST", "install", "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews")]
    [InlineData("DELETE", "uninstall", "DELETE /api/v1/namespaces/depmap/configmaps/c")]
    public async Task So_it_is_for_each_kind_of_request(string method, string command, string request)
    {
        PluginRun run = await RunAsync(command, context =>
        {
            if (context.Request.Method == method)
                return context.Response.WriteAsync("<html>");
            if (context.Request.Path == "/version")
                return context.Response.WriteAsync(Version);
            if (context.Request.Path.Value!.EndsWith("/configmaps", StringComparison.Ordinal))
            {
                return context.Response.WriteAsync(
                    """
                    {"kind":"ConfigMapList","items":[{"metadata":{"name":"c","namespace":"depmap",
                    "labels":{"app.kubernetes.io/name":"depmap","app.kubernetes.io/managed-by":"kubectl-depmap"}}}]}
                    """);
            }

            if (!context.Request.Path.Value.EndsWith('s'))
            {
                context.Response.StatusCode = 404;
                return context.Response.WriteAsync("""{"kind":"Status","message":"not found"}""");
            }

            return context.Response.WriteAsync(context.Request.Method == "POST"
                ? """{"kind":"SelfSubjectAccessReview","status":{"allowed":true}}"""
                : EmptyList);
        });
        Assert.EndsWith(
            $"error: ADDRESS does not answer as a Kubernetes API server: HTTP 200 with an HTML or XML page for {request}. {Hint}\n",
            run.Error);
        Assert.Equal(1, run.ExitCode);
    }

    [Fact]
    public async Task A_port_forward_that_does_not_open_is_an_error_of_the_relay()
    {
        PluginRun run = await RunAsync("map", context => context.Response.WriteAsync(
            context.Request.Path.Value!.EndsWith("/portforward", StringComparison.Ordinal)
                ? "<html>"
                : """{"kind":"PodList","items":[{"metadata":{"name":"a","namespace":"depmap"},"status":{"phase":"Running"}}]}"""));
        const string error = "cannot reach the relay in pod depmap/a: ADDRESS answered HTTP 200 instead of opening a WebSocket, "
            + "and HTTP 200 instead of SPDY/3.1. Does a proxy remove the Upgrade header?";
        Assert.Equal(new PluginRun(1, "", $"error: {error}\n"), run);
    }

    [Fact]
    public async Task An_unknown_group_is_absent()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            context.Response.StatusCode = 404;
            return context.Response.WriteAsync("404 page not found\n");
        });
        using ApiServer api = Open(server);
        Assert.Equal(404, (await GetAsync(api, "/apis/security.openshift.io/v1/securitycontextconstraints")).Status);
        await Assert.ThrowsAsync<ApiException>(() => GetAsync(api, "/api/v1/pods"));
    }

    [Theory]
    [InlineData("https://login.example/start?token=secret", "https://login.example/start")]
    [InlineData("/login?next=x", "/login")]
    [InlineData(null, "another address")]
    public async Task A_redirect_is_not_followed(string? location, string target)
    {
        PluginRun run = await RunAsync("uninstall", context =>
        {
            context.Response.StatusCode = 302;
            if (location is not null)
                context.Response.Headers.Location = location;
            return Task.CompletedTask;
        });
        Assert.Equal(
            new PluginRun(1, "", $"error: the API server at ADDRESS redirects to {target} (HTTP 302). "
                + "Is server in the kubeconfig right, or does a proxy ask for a login?\n"),
            run);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_server_is_asked_again_when_it_says(int status)
    {
        int requests = 0;
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            if (++requests == 3)
                return context.Response.WriteAsync(Version);
            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = requests == 1 ? "1" : "0";
            return Task.CompletedTask;
        });
        using ApiServer api = Open(server);
        long start = Stopwatch.GetTimestamp();
        Assert.True((await GetAsync(api, "/version")).Ok);
        Assert.Equal(3, requests);
        // A timer counts in the system's ticks, and may end a little early by another clock.
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData(null, 1)] // without a time, it is not asked again
    [InlineData("3600", 1)] // nor after the timeout
    [InlineData("0", 11)]
    public async Task A_server_that_stays_busy_is_an_error(string? retryAfter, int requests)
    {
        int received = 0;
        PluginRun run = await RunAsync("uninstall", context =>
        {
            received++;
            context.Response.StatusCode = 429;
            if (retryAfter is not null)
                context.Response.Headers.RetryAfter = retryAfter;
            return context.Response.WriteAsync("Too many requests, please try again later.\n");
        });
        Assert.Matches(
            "^error: cannot list [a-z]+: HTTP 429 with the text \"Too many requests, please try again later.\" from ADDRESS\n$", run.Error);
        Assert.Equal((1, requests), (run.ExitCode, received));
    }

    [Fact]
    public async Task A_token_that_expires_between_two_requests_is_renewed_once()
    {
        var tokens = new List<string>();
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context =>
        {
            tokens.Add($"{context.Request.Headers.Authorization}");
            context.Response.StatusCode = tokens.Count == 2 ? 401 : 200;
            return context.Response.WriteAsync(Version);
        });
        using var api = new ApiServer(
            new Connection(server.Address, "c", "default", "ann") { Credentials = new NumberedTokens() }, new EnvironmentProxy(_ => null));
        Assert.True((await GetAsync(api, "/version")).Ok);
        Assert.True((await GetAsync(api, "/version")).Ok);
        Assert.Equal(["Bearer t1", "Bearer t1", "Bearer t2"], tokens);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("observe")]
    [InlineData("install")]
    [InlineData("uninstall")]
    [InlineData("try")]
    public async Task A_hanging_server_costs_one_timeout(string command)
    {
        int requests = 0;
        PluginRun run = await RunAsync(
            command,
            context =>
            {
                requests++;
                return Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            },
            TimeSpan.FromMilliseconds(300));
        Assert.Equal(
            new PluginRun(
                1, "", "error: the API server at ADDRESS did not respond within 0.3 s. Try again, or with --request-timeout\n"),
            run);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_is_an_error()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"kind\":"u8.ToArray());
        using var api = new ApiServer(
            new Connection(new Uri($"http://127.0.0.1:{server.Port}"), "c", "default", "ann"), new EnvironmentProxy(_ => null));
        Assert.Equal(
            new PluginRun(
                1,
                "",
                $"error: cannot reach the API server at http://127.0.0.1:{server.Port}: it closed the connection before its answer "
                    + "was complete. Does it expect https://?\n"),
            await PluginRun.Of(["uninstall"], [], server: api));
    }

    [Fact]
    public async Task A_watch_with_other_lines_is_an_error()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(context => context.Response.WriteAsync("[]\n"));
        using ApiServer api = Open(server);
        ApiException failure = await Assert.ThrowsAsync<ApiException>(async () =>
        {
            await foreach (var _ in api.WatchAsync("/api/v1/pods?watch=1", default))
                Assert.Fail("not an event");
        });
        Assert.Equal(
            $"lost the connection to the API server at http://127.0.0.1:{server.Address.Port}: a line is not a JSON object",
            failure.Message);
    }

    /// <summary>Runs a command. In its error, the server's address is ADDRESS.</summary>
    private static async Task<PluginRun> RunAsync(string command, RequestDelegate answer, TimeSpan? timeout = null)
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(answer);
        using ApiServer api = Open(server, timeout);
        PluginRun run = await PluginRun.Of([command], [], server: api);
        return run with { Error = run.Error.Replace($"http://127.0.0.1:{server.Address.Port}", "ADDRESS", StringComparison.Ordinal) };
    }

    private static ApiServer Open(FakeHttpServer server, TimeSpan? timeout = null) =>
        new(new Connection(server.Address, "c", "default", "ann"), new EnvironmentProxy(_ => null), timeout);

    private static Task<ApiAnswer> GetAsync(ApiServer api, string path) => api.SendAsync(HttpMethod.Get, path, null, null, default);

    private sealed class NumberedTokens : RenewableCredentials
    {
        private int _count = 1;

        public override ValueTask<Identity> GetAsync(CancellationToken cancellationToken) =>
            new(new Identity(new AuthenticationHeaderValue("Bearer", $"t{_count}")));

        public override void Invalidate(Identity rejected) => _count++;
    }
}
