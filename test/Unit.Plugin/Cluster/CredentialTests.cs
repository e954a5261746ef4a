using System.Buffers.Text;
using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>Credentials of a kubeconfig other than exec plugins.</summary>
public sealed class CredentialTests : IDisposable
{
    // Made by openssl: .NET cannot make one.
    private const string Ed25519 = """
        -----BEGIN CERTIFICATE-----
        MIIBMjCB5aADAgECAhQzAFWwrzsL5Pt1oWiGZujkDorCdDAFBgMrZXAwDjEMMAoG
        A1UEAwwDYW5uMCAXDTI2MTEyOTA4NDg1NloYDzIxMjYxMTA1MDg0ODU2WjAOMQww
        CgYDVQQDDANhbm4wKjAFBgMrZXADIQAUO+EVsgK3+ybkmZdSwcxNP59/UIx4Rmos
        Pxf2kGWrX6NTMFEwHQYDVR0OBBYEFON9ZRHcb5iWyFvrvfX7Zqh5cLHgMB8GA1Ud
        IwQYMBaAFON9ZRHcb5iWyFvrvfX7Zqh5cLHgMA8GA1UdEwEB/wQFMAMBAf8wBQYD
        K2VwA0EATVj7u+oe/cCb9qs8KM4kRBxoZ+xZ5GXwAyUhJnCmmU6D2xVYYHL3hAi/
        Rdixan1VwSy8gtKibixxFyeukn5sBQ==
        -----END CERTIFICATE-----

        """;

    private const string Renew = "Try: kubectl get namespaces, which renews it with the refresh-token, or log in again";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("token: \"secret\\n\"", "secret")]
    [InlineData("token: |\n      secret", "secret")]
    [InlineData("tokenFile: token", "secret")]
    public async Task The_line_break_after_a_token_is_not_part_of_it(string user, string token)
    {
        _folder.Write("token", "secret\r\n");
        using var request = new HttpRequestMessage();
        await Read(user).Credentials!.ProcessHttpRequestAsync(request, default);
        Assert.Equal($"Bearer {token}", $"{request.Headers.Authorization}");
    }

    [Theory]
    [InlineData("token: \"one\\ntwo\"", "the token of user \"u\" contains a line break, a space or another character that no token has")]
    [InlineData("token: 'one two'", "the token of user \"u\" contains a line break, a space or another character that no token has")]
    [InlineData("token: sécret", "the token of user \"u\" contains a line break, a space or another character that no token has")]
    [InlineData("token: ' '", "the token of user \"u\" is empty")]
    [InlineData("auth-provider: {name: gcp}",
        "user \"u\" has the auth-provider \"gcp\", which kubectl does not support any more. "
            + "Try: gcloud container clusters get-credentials, which configures gke-gcloud-auth-plugin")]
    [InlineData("auth-provider: {name: azure}",
        "user \"u\" has the auth-provider \"azure\", which kubectl does not support any more. Try: kubelogin convert-kubeconfig")]
    [InlineData("auth-provider: {}",
        "user \"u\" has the auth-provider \"\", which kubectl does not support any more. Try: an exec plugin instead")]
    [InlineData("auth-provider: {name: oidc, config: {id-token: ''}}",
        "the auth-provider \"oidc\" of user \"u\" has no id-token. " + Renew)]
    [InlineData("auth-provider: {name: oidc, config: text}", "the auth-provider \"oidc\" of user \"u\" has no id-token. " + Renew)]
    [InlineData("auth-provider: {name: oidc, config: {id-token: a.b.c}}", "the id-token of user \"u\" is not a JSON Web Token. " + Renew)]
    [InlineData("auth-provider: {name: oidc, config: {id-token: text}}", "the id-token of user \"u\" is not a JSON Web Token. " + Renew)]
    public void A_credential_that_cannot_be_sent_is_an_error(string user, string error) =>
        Assert.Equal(error, Assert.Throws<ApiException>(() => Read(user)).Message);

    [Theory]
    [InlineData(60, null)]
    [InlineData(-60, "the id-token of user \"u\" expired at TIME. " + Renew)]
    public async Task An_id_token_of_oidc_is_used_while_it_is_valid(int seconds, string? error)
    {
        DateTimeOffset expiration = DateTimeOffset.UtcNow.AddSeconds(seconds);
        string payload = $$"""{"iss":"https://idp.example","exp":{{expiration.ToUnixTimeSeconds()}}}""";
        string token = $"{Encode("{}")}.{Encode(payload)}.{Encode("signature")}";
        string user = $"auth-provider: {{name: oidc, config: {{id-token: {token}, refresh-token: r}}}}";
        if (error is not null)
        {
            Assert.Equal(
                error.Replace("TIME", $"{expiration.UtcDateTime:yyyy-MM-dd HH:mm}Z", StringComparison.Ordinal),
                Assert.Throws<ApiException>(() => Read(user)).Message);
            return;
        }

        using var request = new HttpRequestMessage();
        await Read(user).Credentials!.ProcessHttpRequestAsync(request, default);
        Assert.Equal($"Bearer {token}", $"{request.Headers.Authorization}");
    }

    [Theory]
    [InlineData(Ed25519, "PRIVATE KEY",
        "its key is Ed25519 or Ed448, which .NET does not support. Use a certificate with an ECDSA or RSA key, or a token")]
    [InlineData(null, "ENCRYPTED PRIVATE KEY",
        "its key is encrypted. Try: openssl pkey -in KEY -out DECRYPTED, and use that file as client-key")]
    public void A_key_that_cannot_be_used_is_an_error_with_a_way_on(string? certificate, string kind, string error)
    {
        using var authority = TestCertificates.Authority();
        _folder.Write("ann.crt", certificate ?? authority.ExportCertificatePem());
        _folder.Write("ann.key", $"-----BEGIN {kind}-----\nMAA=\n-----END {kind}-----\n");
        string message = Assert.Throws<ApiException>(() => Read("client-certificate: ann.crt;client-key: ann.key")).Message;
        Assert.Equal($"cannot use the client certificate in {_folder.Path}/config: {error}", message);
    }

    [Fact]
    public void A_server_with_a_user_name_is_an_error_without_the_password()
    {
        string file = Write("{}", "https://me:secret@c");
        Assert.Equal(
            $"the server of cluster \"c\" in {file} contains a user name. Use a user entry instead",
            Assert.Throws<ApiException>(() => Read(new ClusterChoice(Kubeconfig: file))).Message);
    }

    [Fact]
    public async Task Flags_take_the_place_of_the_kubeconfig()
    {
        using var authority = TestCertificates.Authority();
        using var other = TestCertificates.Authority("other");
        using var ann = TestCertificates.Leaf(authority, "ann");
        using var eve = TestCertificates.Leaf(authority, "eve");
        string data = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.ExportCertificatePem()));
        string file = Write(
            $"tokenFile: missing;client-certificate-data: {Pem(ann.ExportCertificatePem())};"
                + $"client-key-data: {Pem(TestCertificates.Key(ann))}",
            "https://c",
            $"certificate-authority-data: {data};tls-server-name: inner");
        var choice = new ClusterChoice(Kubeconfig: file)
        {
            Token = "given",
            CertificateAuthority = Path.GetRelativePath(".", _folder.Write("other.crt", other.ExportCertificatePem())),
            ClientCertificate = _folder.Write("eve.crt", eve.ExportCertificatePem()),
            ClientKey = _folder.Write("eve.key", TestCertificates.Key(eve)),
            TlsServerName = "outer",
        };
        Connection connection = Read(choice);
        using var request = new HttpRequestMessage();
        await connection.Credentials!.ProcessHttpRequestAsync(request, default);
        Assert.Equal("Bearer given", $"{request.Headers.Authorization}");
        Assert.Equal("CN=other", connection.Trust.Authorities!.Single().Subject);
        Assert.Equal("CN=eve", connection.ClientCertificate![0].Subject);
        Assert.Equal(("outer", false), (connection.Trust.ServerName, connection.Trust.SkipVerify));

        Connection insecure = Read(new ClusterChoice(Kubeconfig: file) { SkipTlsVerify = true, Token = "t" });
        Assert.True(insecure.Trust is { SkipVerify: true, Authorities: null, ServerName: "inner" });
        string lenient = Write("{}", "https://c", "insecure-skip-tls-verify: yes");
        Assert.True(Read(new ClusterChoice(Kubeconfig: lenient)).Trust.SkipVerify);
        Assert.False(Read(choice with { Kubeconfig = lenient }).Trust.SkipVerify);
    }

    [Fact]
    public void Flags_that_do_not_fit_are_an_error()
    {
        string file = Write("{}");
        Assert.Equal(
            "--client-certificate needs --client-key FILE",
            Error(new ClusterChoice(Kubeconfig: file) { ClientCertificate = _folder.Write("c.crt", "") }));
        Assert.Equal(
            "--certificate-authority and --insecure-skip-tls-verify exclude each other",
            Error(new ClusterChoice(Kubeconfig: file) { CertificateAuthority = "ca", SkipTlsVerify = true }));
        Assert.Equal(
            $"cannot read the certificate-authority {_folder.Path}/missing: there is no such file",
            Error(new ClusterChoice(Kubeconfig: file) { CertificateAuthority = $"{_folder.Path}/missing" }));
        Assert.Equal(
            $"the certificate-authority in {_folder.Path}/c.crt contains no PEM certificate",
            Error(new ClusterChoice(Kubeconfig: file) { CertificateAuthority = $"{_folder.Path}/c.crt" }));
    }

    private Connection Read(string user) => Read(new ClusterChoice(Kubeconfig: Write(user)));

    private static Connection Read(ClusterChoice choice) => new ConnectionReader(_ => null, false, TimeProvider.System).Read(choice);

    private static string Error(ClusterChoice choice) => Assert.Throws<ApiException>(() => Read(choice)).Message;

    private string Write(string user, string server = "https://c", string cluster = "{}") => _folder.Write("config", $$"""
        clusters:
        - name: c
          cluster:
            server: "{{server}}"
            {{Lines(cluster)}}
        users:
        - name: u
          user:
            {{Lines(user)}}
        contexts: [{name: c, context: {cluster: c, user: u} }]
        current-context: c
        """);

    /// <param name="fields">Separated by semicolons.</param>
    private static string Lines(string fields) =>
        fields == "{}" ? "unknown: field" : fields.Replace(";", "\n    ", StringComparison.Ordinal);

    private static string Pem(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(text));
}
