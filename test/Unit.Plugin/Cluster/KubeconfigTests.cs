using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class KubeconfigTests : IDisposable
{
    private const string Two = """
        apiVersion: v1
        kind: Config
        current-context: work
        clusters:
        - name: one
          cluster: {server: "https://one.example:6443"}
        - name: two
          cluster: {server: "https://two.example/k8s/clusters/c-1", proxy-url: "socks5://127.0.0.1:1080", tls-server-name: inner}
        users:
        - name: ann
          user: {token: secret, as: bob, as-groups: [dev, ops], as-uid: "7", as-user-extra: {scopes: [a, b]}}
        - name: pat
          user: {username: pat, password: "p:w"}
        contexts:
        - name: work
          context: {cluster: one, user: ann, namespace: shop}
        - name: play
          context: {cluster: two, user: pat}
        - name: lost
          context: {cluster: gone, user: ann}
        - name: nobody
          context: {cluster: one, user: gone}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_current_context_says_all()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read();
        Assert.Equal(("https://one.example:6443/", "work", "shop", "ann"), ($"{found.Server}", found.Context, found.Namespace, found.User));
        Assert.Equal("Bearer secret", await Header(found));
        Assert.Equal(
            ["Impersonate-User: bob", "Impersonate-Uid: 7", "Impersonate-Group: dev", "Impersonate-Group: ops", "Impersonate-Extra-scopes: a", "Impersonate-Extra-scopes: b"],
            found.Impersonation.Headers().Select(header => $"{header.Name}: {header.Value}"));
    }

    [Fact]
    public async Task Another_context_is_chosen_by_name()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read(new ClusterChoice(Context: "play"));
        Assert.Equal(("https://two.example/k8s/clusters/c-1", "default", "inner"), ($"{found.Server}", found.Namespace, found.Trust.ServerName));
        Assert.Equal("socks5://127.0.0.1:1080/", $"{found.Proxy}");
        Assert.Equal($"Basic {Convert.ToBase64String("pat:p:w"u8)}", await Header(found));
        Assert.Equal("https://one.example:6443/", $"{Read(new ClusterChoice(Context: "play", Cluster: "one", User: "ann")).Server}");
    }

    [Fact]
    public void The_command_line_says_whom_to_act_as()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read(new ClusterChoice(As: "eve", AsGroups: ["guests"]));
        Assert.Equal([("Impersonate-User", "eve"), ("Impersonate-Group", "guests")], found.Impersonation.Headers());
        Assert.Equal("--as-group and --as-uid need --as USER", Problem(new ClusterChoice(AsGroups: ["guests"])));
    }

    [Fact]
    public async Task Of_several_files_the_first_that_says_it_wins()
    {
        string first = _folder.Write("first", """
            users: [{name: ann, user: {username: ann}}]
            contexts: [{name: play, context: {cluster: one, user: ann}}]
            current-context: ""
            """);
        string second = _folder.Write("deep/second", Two);
        string third = _folder.Write("third", "current-context: lost");
        _variables["KUBECONFIG"] = string.Join(Path.PathSeparator, first, "", _folder.Path + "/missing", second, third);
        Assert.Equal("work", Read().Context);
        Connection play = Read(new ClusterChoice(Context: "play"));
        // All of the first file's user, nothing of the second's.
        Assert.Equal(("https://one.example:6443/", $"Basic {Convert.ToBase64String("ann:"u8)}"), ($"{play.Server}", await Header(play)));
        Assert.Empty(play.Impersonation.Headers());
    }

    [Fact]
    public async Task Paths_start_from_the_folder_of_their_own_file()
    {
        using var authority = TestCertificates.Authority();
        using var other = TestCertificates.Authority("other");
        using var leaf = TestCertificates.Leaf(authority, "ann");
        _folder.Write("deep/pki/ca.crt", authority.ExportCertificatePem() + "\n" + other.ExportCertificatePem());
        _folder.Write("deep/ann.crt", leaf.ExportCertificatePem() + "\n" + authority.ExportCertificatePem());
        _folder.Write("deep/ann.key", TestCertificates.Key(leaf));
        _folder.Write("deep/token", "from-file\n");
        string deep = _folder.Write("deep/config", """
            clusters: [{name: one, cluster: {server: one.example, certificate-authority: pki/ca.crt}}]
            users: [{name: ann, user: {client-certificate: ann.crt, client-key: ann.key, tokenFile: token, token: not-this}}]
            contexts: [{name: work, context: {cluster: one, user: ann}}]
            """);
        _variables["KUBECONFIG"] = string.Join(Path.PathSeparator, _folder.Write("config", "current-context: work"), deep);
        Connection found = Read();
        Assert.Equal("https://one.example/", $"{found.Server}");
        Assert.Equal(["CN=test-ca", "CN=other"], found.Trust.Roots!.Select(root => root.Subject));
        Assert.Equal(["CN=ann", "CN=test-ca"], found.ClientCertificate!.Select(certificate => certificate.Subject));
        Assert.True(found.ClientCertificate![0].HasPrivateKey);
        Assert.Equal("Bearer from-file", await Header(found));
        _folder.Write("deep/token", "renewed");
        Assert.Equal("Bearer renewed", await Header(found));
    }

    [Fact]
    public void Data_in_the_file_goes_before_a_path()
    {
        using var authority = TestCertificates.Authority();
        string data = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.ExportCertificatePem()));
        _variables["KUBECONFIG"] = _folder.Write("config", $$$"""
            clusters: [{name: c, cluster: {server: "https://c", certificate-authority: missing, certificate-authority-data: {{{data}}}}}]
            contexts: [{name: c, context: {cluster: c}}]
            current-context: c
            """);
        Assert.Equal("CN=test-ca", Read().Trust.Roots!.Single().Subject);
    }

    [Fact]
    public void The_file_at_home_is_read_where_nothing_is_said()
    {
        _variables["HOME"] = _folder.Path;
        _folder.Write(".kube/config", Two);
        Assert.Equal("work", Read().Context);
    }

    [Fact]
    public async Task A_pod_without_a_kubeconfig_asks_its_own_cluster()
    {
        _folder.Write("token", "pod-token\n");
        _folder.Write("namespace", "shop");
        _variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
        _variables["KUBERNETES_SERVICE_PORT"] = "443";
        Connection found = InCluster.Read(_variables.GetValueOrDefault, _folder.Path)!;
        Assert.Equal(("https://[fd00::1]/", "", "shop"), ($"{found.Server}", found.Context, found.Namespace));
        Assert.Equal("Bearer pod-token", await Header(found));
        Assert.Null(InCluster.Read(_variables.GetValueOrDefault, _folder.Path + "/missing"));
    }

    [Fact]
    public void Without_any_kubeconfig_it_says_where_it_looked()
    {
        Assert.Equal("there is no kubeconfig. Try: --kubeconfig FILE, or set KUBECONFIG", Problem(new ClusterChoice()));
        _variables["HOME"] = _folder.Path;
        Assert.Equal($"there is no cluster in {_folder.Path}/.kube/config. Try: --kubeconfig FILE, or set KUBECONFIG", Problem(new ClusterChoice()));
        Assert.Equal($"there is no kubeconfig {_folder.Path}/x", Problem(new ClusterChoice(Kubeconfig: _folder.Path + "/x")));
    }

    [Theory]
    [InlineData("wrok", "there is no context \"wrok\" in the kubeconfig. It has: lost, nobody, play, work")]
    [InlineData("lost", "there is no cluster \"gone\" in the kubeconfig, which context \"lost\" names. It has: one, two")]
    [InlineData("nobody", "there is no user \"gone\" in the kubeconfig, which context \"nobody\" names. It has: ann, pat")]
    public void A_name_that_is_not_there_is_answered_with_those_that_are(string context, string problem)
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Assert.Equal(problem, Problem(new ClusterChoice(Context: context)));
    }

    [Theory]
    [InlineData("clusters: [", "the kubeconfig FILE is not valid YAML: line *")]
    [InlineData("just text", "FILE is not a kubeconfig")]
    [InlineData("clusters: yes please", "FILE is not a kubeconfig: clusters is no list")]
    [InlineData("clusters: [{name: c, cluster: {}}]", "the kubeconfig has no current context. Try: --context NAME, with one of none")]
    [InlineData("clusters: [{name: c, cluster: {}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c", "cluster \"c\" in FILE has no server")]
    [InlineData("clusters: [{name: c, cluster: {server: 'ftp://c'}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c", "the server of cluster \"c\" in FILE is no address: ftp://c")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: '!'}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c", "certificate-authority-data in FILE is not base64")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: 'eHh4'}}]\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c", "the certificate-authority in FILE holds no certificate in PEM")]
    [InlineData("clusters: [{name: c, cluster: {server: 'https://c'}}]\nusers: [{name: u, user: {auth-provider: {name: oidc}}}]\ncontexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c", "user \"u\" logs in by the auth-provider \"oidc\", which Depmap does not know. Use an exec plugin for it")]
    public void A_kubeconfig_that_is_wrong_is_named_with_what_is_wrong(string text, string problem)
    {
        string file = _folder.Write("config", text);
        _variables["KUBECONFIG"] = file;
        string said = Problem(new ClusterChoice());
        if (problem.EndsWith('*'))
            Assert.StartsWith(problem.Replace("FILE", file).TrimEnd('*'), said);
        else
            Assert.Equal(problem.Replace("FILE", file), said);
    }

    private Connection Read(ClusterChoice? choice = null) =>
        new ConnectionReader(_variables.GetValueOrDefault, false, TimeProvider.System).Read(choice ?? new ClusterChoice());

    private string Problem(ClusterChoice choice) => Assert.Throws<ApiException>(() => Read(choice)).Message;

    private static async Task<string> Header(Connection connection) => $"{(await connection.Credential.GetAsync(default)).Header}";
}
