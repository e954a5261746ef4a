using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Depmap.Plugin.Cluster.Api;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class TlsFailureTests : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Https_to_an_http_port()
    {
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask);
        Assert.Equal(
            "it does not use TLS. Is this the right port? Try: another port, or http:// in server in the kubeconfig",
            await ReasonAsync($"https://127.0.0.1:{server.Address.Port}"));
        using var go = new RawServer("HTTP/1.0 400 Bad Request\r\n\r\nClient sent nonsense"u8.ToArray());
        Assert.Equal(
            "it does not use TLS. Is this the right port? Try: another port, or http:// in server in the kubeconfig",
            await ReasonAsync($"https://127.0.0.1:{go.Port}"));
    }

    [Fact]
    public async Task Http_to_an_https_port()
    {
        using var alert = new RawServer([0x15, 3, 1, 0, 2, 2, 70]);
        Assert.Equal(
            "it closed the connection before its answer was complete. Does it expect https://?",
            await ReasonAsync($"http://127.0.0.1:{alert.Port}"));
        using var other = new RawServer("\u0015\u0003\u0001\u0000\n\r\n\r\n"u8.ToArray());
        Assert.Equal(
            "it does not answer with HTTP. Try: https:// in server in the kubeconfig", await ReasonAsync($"http://127.0.0.1:{other.Port}"));

        // Go's server notices it and answers in plain text.
        using var go = new RawServer("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"u8.ToArray());
        using ApiServer api = Open($"http://127.0.0.1:{go.Port}");
        ApiException failure = await Assert.ThrowsAsync<ApiException>(() => api.SendAsync(HttpMethod.Get, "/version", null, null, default));
        Assert.Equal(
            $"cannot reach the API server at http://127.0.0.1:{go.Port}: it expects TLS. Try: https:// in server in the kubeconfig",
            failure.Message);
    }

    [Theory]
    [InlineData("an alert", "15 03 01 00 02 02 46")]
    [InlineData(
        "a hello of TLS 1.1",
        "16 03 02 00 2a 02 00 00 26 03 02 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f "
            + "00 c0 13 00")]
    public async Task Only_an_old_version_of_tls(string answer, string bytes)
    {
        Assert.NotEmpty(answer);
        using var server = new RawServer(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
        Assert.Equal(
            "it offers no version of TLS that is accepted here (1.2 or 1.3)", await ReasonAsync($"https://127.0.0.1:{server.Port}"));
    }

    [Fact]
    public void On_macOS_a_server_may_offer_TLS_1_3_only() => Assert.Equal(
        "it does not offer TLS 1.2. If it accepts TLS 1.3 only, try: export DOTNET_SYSTEM_NET_SECURITY_USENETWORKFRAMEWORK=1",
        TlsFailure.NoVersion(hasTls13: false));

    [Theory]
    [InlineData(false, "it asks for a client certificate. Is client-certificate missing in the kubeconfig?")]
    [InlineData(
        true, "it does not accept the client certificate. Is this the kubeconfig of this cluster, and is it up to date?")]
    public async Task A_server_that_demands_a_client_certificate(bool hasCertificate, string reason)
    {
        using var ann = TestCertificates.Leaf(_authority, "ann");
        // The alerts certificate_required of TLS 1.3, and bad_certificate, certificate_unknown and unknown_ca.
        foreach (byte alert in (byte[])[116, 42, 46, 48])
        {
            using var server = new RawServer([0x15, 3, 3, 0, 2, 2, alert]);
            Assert.Equal(reason, await ReasonAsync($"https://127.0.0.1:{server.Port}", connection => connection with
            {
                Trust = new ServerTrust([_authority], null, false),
                ClientCertificate = hasCertificate ? [ann] : null,
            }));
        }
    }

    [Fact]
    public async Task A_refused_handshake_may_have_two_causes()
    {
        using var server = new RawServer([0x15, 3, 3, 0, 2, 2, 40]);
        Assert.Equal(
            "it refused the TLS handshake. It may ask for a client certificate that the kubeconfig does not have, "
                + "or offer no version or cipher that is accepted here",
            await ReasonAsync($"https://127.0.0.1:{server.Port}"));
    }

    [Theory]
    [InlineData("server")]
    [InlineData("127.0.0.1")] // the common name does not count
    public async Task A_certificate_without_names(string commonName)
    {
        using var leaf = TestCertificates.Leaf(_authority, commonName);
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(_ => Task.CompletedTask, leaf);
        Assert.Equal(
            "its certificate has no DNS name or IP address (subjectAltName). It must be issued again, for 127.0.0.1",
            await ReasonAsync(
                $"https://127.0.0.1:{server.Address.Port}",
                connection => connection with { Trust = new ServerTrust([_authority], null, false) }));
    }

    [Fact]
    public async Task The_tls_server_name_is_also_used_through_a_proxy_and_for_a_port_forward()
    {
        using var leaf = TestCertificates.Leaf(_authority, "server", "inner.example");
        var hosts = new List<string>();
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context =>
            {
                hosts.Add($"{context.Request.Host}");
                context.Response.StatusCode = 404;
                return context.Response.WriteAsync("""{"kind":"Status","message":"no"}""");
            },
            leaf);
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        Task<string> tunnel = ProxyTunnel.ServeAsync(proxy, server.Address.Port);
        using ApiServer api = Open("https://api.example:6443", connection => connection with
        {
            Trust = new ServerTrust([_authority], "inner.example", false),
            Proxy = ProxyAddress.Parse($"http://{proxy.LocalEndpoint}", "proxy-url"),
        });
        Assert.Equal(404, (await api.SendAsync(HttpMethod.Get, "/api/v1/pods", null, null, default)).Status);
        Assert.Equal(
            404, (await Assert.ThrowsAsync<ForwardException>(() => api.ForwardAsync("depmap", "relay-1", 9470, default))).Status);
        Assert.Equal(["api.example:6443", "api.example:6443"], hosts);
        Assert.Equal(["inner.example"], server.Names);
        api.Dispose();
        Assert.StartsWith("CONNECT api.example:6443 HTTP/1.1\r\n", await tunnel);
    }

    private static async Task<string> ReasonAsync(string server, Func<Connection, Connection>? change = null)
    {
        using ApiServer api = Open(server, change);
        string message = (await Assert.ThrowsAsync<ApiException>(
            () => api.SendAsync(HttpMethod.Get, "/version", null, null, default))).Message;
        string start = $"cannot reach the API server at {server}: ";
        Assert.StartsWith(start, message);
        return message[start.Length..];
    }

    private static ApiServer Open(string server, Func<Connection, Connection>? change = null)
    {
        var connection = new Connection(new Uri(server), "c", "default", "ann");
        return new ApiServer(change?.Invoke(connection) ?? connection, new EnvironmentProxy(_ => null));
    }
}
