using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests;

/// <summary>
/// The program trusts the system's CA certificates wherever a distribution has them. Each test has an /etc of its own, so it needs
/// root.
/// </summary>
public sealed class SystemCertificatesTests
{
    private const string Untrusted = "is signed by an authority that this machine does not trust";

    [Theory]
    [InlineData("/etc/ssl/certs/ca-certificates.crt")]
    [InlineData("/etc/pki/tls/certs/ca-bundle.crt")]
    [InlineData("/etc/ssl/ca-bundle.pem")]
    [InlineData("/etc/pki/tls/cacert.pem")]
    [InlineData("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")]
    [InlineData("/etc/ssl/cert.pem")]
    [InlineData("/var/lib/ca-certificates/ca-bundle.pem")]
    [InlineData("/etc/ssl/certs/own.pem")]
    [InlineData("/etc/pki/tls/certs/own.pem")]
    public async Task The_certificates_of_each_distribution_are_found(string file) =>
        Assert.DoesNotContain(Untrusted, await ErrorAsync(file, "unset SSL_CERT_FILE SSL_CERT_DIR"), StringComparison.Ordinal);

    [Theory]
    [InlineData("SSL_CERT_FILE=/srv/own.pem")]
    [InlineData("SSL_CERT_DIR=/srv")]
    public async Task The_variables_of_OpenSSL_are_honoured(string variable)
    {
        string script = $"unset SSL_CERT_FILE SSL_CERT_DIR; export {variable}";
        Assert.DoesNotContain(Untrusted, await ErrorAsync("/srv/own.pem", script), StringComparison.Ordinal);
        // Not in addition to the system's.
        Assert.Contains(Untrusted, await ErrorAsync("/etc/pki/tls/certs/ca-bundle.crt",
            "export SSL_CERT_FILE=/srv/own.pem SSL_CERT_DIR=/srv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_any_the_authority_is_not_trusted() =>
        Assert.Contains(Untrusted, await ErrorAsync("/srv/own.pem", "unset SSL_CERT_FILE SSL_CERT_DIR"), StringComparison.Ordinal);

    /// <summary>What the program prints about a server whose authority is in one file of the system.</summary>
    private static async Task<string> ErrorAsync(string file, string script)
    {
        using X509Certificate2 authority = TestCertificates.Authority();
        using X509Certificate2 own = TestCertificates.Leaf(authority, "server", "127.0.0.1");
        await using FakeHttpServer server = await FakeHttpServer.StartAsync(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            },
            own);
        using var folder = new TemporaryFolder();
        string bundle = folder.Write("authority", authority.ExportCertificatePem());
        string kubeconfig = folder.Write("config", $$"""
            clusters: [{name: c, cluster: {server: "{{server.Address}}" } }]
            contexts: [{name: here, context: { cluster: c } }]
            current-context: here
            """);
        Run run = await Run.ScriptAsync($"""
            exec unshare --mount bash -ec '
              for hidden in /etc /usr/lib/ssl /var/lib /srv; do
                mount -t tmpfs tmpfs $hidden
              done
              mkdir -p {Path.GetDirectoryName(file)}
              cp {bundle} {file}
              {script}
              exec {ProcessTests.Plugin} status --kubeconfig {kubeconfig}'
            """);
        Assert.Equal(1, run.ExitCode);
        return run.Error;
    }
}
