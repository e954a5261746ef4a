using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;
using k8s.KubeConfigModels;
using YamlDotNet.Core;

namespace Depmap.Plugin.Tests.Cluster;

/// <summary>
/// Where KubernetesClient differs from kubectl, and a type of ours does as kubectl. If a test fails after an update of the package,
/// the type may no longer be needed.
/// </summary>
public sealed class KubernetesClientGapsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_check_ignores_the_name_of_a_certificate_once_an_authority_is_given()
    {
        using var authority = TestCertificates.Authority();
        using var leaf = TestCertificates.Leaf(authority, "server", "other.example");
        using var chain = new X509Chain();
        Assert.True(Kubernetes.CertificateValidationCallBack(
            this,
            [authority],
            leaf,
            chain,
            SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch));

        SslClientAuthenticationOptions ours = new ServerCheck(new ServerTrust([authority], null, false)).Options();
        Assert.False(ours.RemoteCertificateValidationCallback!(this, leaf, chain, SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    [Fact]
    public void It_loads_only_the_first_authority_of_a_bundle()
    {
        using var old = TestCertificates.Authority("old");
        using var current = TestCertificates.Authority("current");
        string bundle = Base64($"{old.ExportCertificatePem()}\n{current.ExportCertificatePem()}");
        string file = WriteConfig(user: "token: secret", cluster: $"server: 'https://c', certificate-authority-data: {bundle}");
        Assert.Equal(["CN=old"], Build(file).SslCaCerts.Select(certificate => certificate.Subject));
        Assert.Equal(["CN=old", "CN=current"], Read(file).Trust.Authorities!.Select(certificate => certificate.Subject));
    }

    [Fact]
    public void It_ignores_a_proxy_a_token_file_and_the_uid_to_impersonate()
    {
        _folder.Write("token", "from-file");
        string file = WriteConfig(
            user: "tokenFile: token, as: bob, as-uid: '7'", cluster: "server: 'https://c', proxy-url: 'http://proxy:1080'");
        Assert.Contains("does not have appropriate auth credentials", Assert.Throws<KubeConfigException>(() => Build(file)).Message);

        Connection ours = Read(file);
        Assert.Equal("http://proxy:1080/", $"{ours.Proxy!.Uri}");
        Assert.IsType<TokenCredentials>(ours.Credentials);
        Assert.Equal("7", ours.Impersonation.Uid);
    }

    [Fact]
    public void It_cannot_read_a_kubeconfig_with_as_user_extra()
    {
        string file = WriteConfig(user: "token: secret, as: bob, as-user-extra: {scopes: [a, b]}");
        Assert.ThrowsAny<YamlException>(() => Build(file));
        Assert.Equal(["a", "b"], Read(file).Impersonation.Extra.Select(pair => pair.Value));
    }

    [Fact]
    public void It_refuses_a_user_without_credentials_and_ignores_the_case_of_names()
    {
        string file = WriteConfig(user: "");
        Assert.Throws<KubeConfigException>(() => Build(file));
        Assert.Null(Read(file).Credentials);

        file = WriteConfig(user: "token: secret");
        Assert.Equal("c", KubernetesClientConfiguration.BuildConfigFromConfigFile(file, "C").CurrentContext);
        Assert.Throws<ApiException>(() => Read(file, "C"));
    }

    [Fact]
    public void It_fails_on_a_missing_file_of_a_list()
    {
        string file = WriteConfig(user: "token: secret"), missing = _folder.Path + "/missing";
        Assert.Throws<KubeConfigException>(() => KubernetesClientConfiguration.LoadKubeConfig(new FileInfo(missing)));
        Assert.Equal("c", Read(missing + Path.PathSeparator + file).Context);
    }

    [Fact]
    public void It_joins_the_arguments_of_an_exec_plugin_and_gives_it_no_cluster()
    {
        using var process = KubernetesClientConfiguration.CreateRunnableExternalProcess(new ExternalExecution
        {
            ApiVersion = "client.authentication.k8s.io/v1", Command = "login", Arguments = ["two words"], ProvideClusterInfo = true,
        });
        Assert.Equal("two words", process.StartInfo.Arguments);
        using JsonDocument info = JsonDocument.Parse(process.StartInfo.Environment["KUBERNETES_EXEC_INFO"]!);
        Assert.Equal("ExecCredentials", info.RootElement.GetProperty("kind").GetString());
        Assert.False(info.RootElement.GetProperty("spec").TryGetProperty("cluster", out _));
        // Ours: ExecCredentialsTests.The_plugin_gets_its_arguments_variables_and_the_cluster.
    }

    [Fact]
    public async Task It_keeps_the_token_of_a_file_for_a_minute()
    {
        string file = _folder.Write("token", "first");
        var theirs = new TokenFileAuth(file);
        var ours = new TokenFile(file);
        await theirs.GetAuthenticationHeaderAsync(default);
        await ours.GetAuthenticationHeaderAsync(default);
        _folder.Write("token", "second");
        Assert.Equal("Bearer first", $"{await theirs.GetAuthenticationHeaderAsync(default)}");
        Assert.Equal("Bearer second", $"{await ours.GetAuthenticationHeaderAsync(default)}");
    }

    private string WriteConfig(string user, string cluster = "server: 'https://c'") => _folder.Write(
        "config",
        $$$"""
        clusters: [{name: c, cluster: { {{{cluster}}} } }]
        users: [{name: u, user: { {{{user}}} } }]
        contexts: [{name: c, context: {cluster: c, user: u} }]
        current-context: c
        """);

    private static KubernetesClientConfiguration Build(string file) => KubernetesClientConfiguration.BuildConfigFromConfigFile(file);

    private static Connection Read(string files, string? context = null)
    {
        var reader = new ConnectionReader(name => name == "KUBECONFIG" ? files : null, stdinIsTerminal: false, TimeProvider.System);
        return reader.Read(new ClusterChoice(Context: context));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
