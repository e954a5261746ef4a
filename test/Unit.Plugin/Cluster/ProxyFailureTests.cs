using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>The proxy is named as the culprit, and its password never appears.</summary>
public sealed class ProxyFailureTests
{
    private const string Login = "Proxy-Authorization: Basic bWU6cEBzcw==\r\n"; // me:p@ss

    [Theory]
    [InlineData("proxy-url")]
    [InlineData("HTTPS_PROXY")]
    public async Task The_password_is_sent_to_a_proxy_that_asks_for_it(string source)
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        Task<string[]> heads = Task.Run(async () =>
        {
            var received = new List<string>();
            while (received.Count < 2)
            {
                using TcpClient client = await proxy.AcceptTcpClientAsync();
                received.Add(await ProxyTunnel.ReadHeadAsync(client.GetStream()));
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(received.Count == 1
                    ? "HTTP/1.1 407 Login\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"p\"\r\n"
                        + "Content-Length: 0\r\nConnection: close\r\n\r\n"
                    : "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
            }

            return received.ToArray();
        });
        Assert.Equal(
            $"the proxy PROXY ({source}) did not connect to this address (HTTP 502)",
            await ReasonAsync(source, $"http://me:p%40ss@{proxy.LocalEndpoint}"));
        Assert.DoesNotContain("Proxy-Authorization", (await heads)[0]);
        Assert.Contains(Login, (await heads)[1]);
    }

    [Theory]
    [InlineData(403, "", "does not allow connections to this address (HTTP 403)")]
    [InlineData(407, "", "asks for a user name and password. Try: http://USER:PASSWORD@PROXY as its URL")]
    [InlineData(407, "me:p%40ss@", "does not accept the user name and password in its URL")]
    [InlineData(504, "me:p%40ss@", "did not connect to this address (HTTP 504)")]
    public async Task A_refusal_is_that_of_the_proxy(int status, string login, string reason)
    {
        using var proxy = new RawServer(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {status} No\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        foreach (string source in (string[])["proxy-url", "HTTPS_PROXY"])
            Assert.Equal($"the proxy PROXY ({source}) {reason}", await ReasonAsync(source, $"http://{login}127.0.0.1:{proxy.Port}"));
        // Without TLS there is no tunnel: the proxy answers the request itself.
        if (status == 407)
        {
            Assert.Equal(
                $"the proxy PROXY (proxy-url) {reason}",
                await ReasonAsync("proxy-url", $"http://{login}127.0.0.1:{proxy.Port}", "http://api.example"));
        }
    }

    [Theory]
    [InlineData("proxy-url")]
    [InlineData("HTTPS_PROXY")]
    public async Task A_dead_proxy(string source)
    {
        int port;
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        Assert.Equal(
            $"the proxy PROXY ({source}) does not respond: connection refused. Is this its address?",
            await ReasonAsync(source, $"http://me:p%40ss@127.0.0.1:{port}"));
    }

    [Fact]
    public async Task A_proxy_whose_certificate_is_wrong()
    {
        using X509Certificate2 authority = TestCertificates.Authority();
        using X509Certificate2 leaf = TestCertificates.Leaf(authority, "proxy", "127.0.0.1");
        await using FakeHttpServer proxy = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf);
        Assert.Equal(
            "the certificate of the proxy PROXY (proxy-url) is signed by an authority that this machine does not trust. "
                + "Is certificate-authority missing in the kubeconfig?",
            await ReasonAsync("proxy-url", $"https://127.0.0.1:{proxy.Address.Port}"));
        await using FakeHttpServer plain = await FakeHttpServer.StartAsync(_ => Task.CompletedTask);
        Assert.Equal(
            "the proxy PROXY (proxy-url) does not use TLS. Try: http:// in its URL",
            await ReasonAsync("proxy-url", $"https://127.0.0.1:{plain.Address.Port}"));
    }

    [Theory]
    [InlineData("http://me:p#s@proxy:3128", "http://***@proxy:3128")]
    [InlineData("me:p#s@proxy:port", "***@proxy:port")]
    [InlineData("ftp://me:secret@proxy", "ftp://***@proxy")]
    [InlineData("ftp://proxy", "ftp://proxy")]
    public void An_invalid_url_is_printed_without_the_password(string url, string printed)
    {
        Assert.Equal(
            $"HTTPS_PROXY is not the URL of a proxy: {printed}",
            Assert.Throws<ApiException>(() => new EnvironmentProxy(name => name == "HTTPS_PROXY" ? url : null)).Message);
        using var folder = new TemporaryFolder();
        string file = folder.Write("config", $$"""
            clusters: [{name: c, cluster: {server: "https://c", proxy-url: "{{url}}" } }]
            contexts: [{name: c, context: {cluster: c} }]
            current-context: c
            """);
        Assert.Equal(
            $"the proxy-url of cluster \"c\" in {file} is not the URL of a proxy: {printed}",
            Assert.Throws<ApiException>(() => new ConnectionReader(_ => null, false, TimeProvider.System)
                .Read(new ClusterChoice(Kubeconfig: file))).Message);
    }

    /// <summary>The reason why the API server cannot be reached. In it, the proxy's host and port are PROXY.</summary>
    private static async Task<string> ReasonAsync(string source, string url, string server = "https://api.example")
    {
        bool isConfigured = source == "proxy-url";
        var connection = new Connection(new Uri(server), "c", "default", "ann")
        {
            Proxy = isConfigured ? ProxyAddress.Parse(url, source) : null,
        };
        using var api = new ApiServer(connection, new EnvironmentProxy(name => !isConfigured && name == source ? url : null));
        string message = (await Assert.ThrowsAsync<ApiException>(
            () => api.SendAsync(HttpMethod.Get, "/version", null, null, default))).Message;
        string start = $"cannot reach the API server at {server}: ";
        Assert.StartsWith(start, message);
        return message[start.Length..].Replace(new Uri(url).Authority, "PROXY", StringComparison.Ordinal);
    }
}
