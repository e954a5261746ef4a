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

    private const string Context = "\ncontexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c";
    private const string UserContext = "\ncontexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: c";

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_current_context_selects_cluster_user_and_namespace()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read();
        Assert.Equal(("https://one.example:6443/", "work", "shop", "ann"), ($"{found.Server}", found.Context, found.Namespace, found.User));
        Assert.Equal("Bearer secret", await Header(found));
        Assert.Equal(
            [
                "Impersonate-User: bob", "Impersonate-Uid: 7", "Impersonate-Group: dev", "Impersonate-Group: ops",
                "Impersonate-Extra-scopes: a", "Impersonate-Extra-scopes: b",
            ],
            found.Impersonation.Headers().Select(header => $"{header.Name}: {header.Value}"));
    }

    [Fact]
    public async Task A_context_is_selected_by_name()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read(new ClusterChoice(Context: "play"));
        Assert.Equal(
            ("https://two.example/k8s/clusters/c-1", "default", "inner"),
            ($"{found.Server}", found.Namespace, found.Trust.ServerName));
        Assert.Equal("socks5://127.0.0.1:1080/", $"{found.Proxy!.Uri}");
        Assert.Equal($"Basic {Convert.ToBase64String("pat:p:w"u8)}", await Header(found));
        Assert.Equal("https://one.example:6443/", $"{Read(new ClusterChoice(Context: "play", Cluster: "one", User: "ann")).Server}");
    }

    [Fact]
    public void The_command_line_selects_the_user_to_impersonate()
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Connection found = Read(new ClusterChoice(As: "eve", AsGroups: ["guests"]));
        Assert.Equal([("Impersonate-User", "eve"), ("Impersonate-Group", "guests")], found.Impersonation.Headers());
        Assert.Equal("--as-group and --as-uid need --as USER", Error(new ClusterChoice(AsGroups: ["guests"])));
    }

    [Fact]
    public async Task The_first_of_several_files_that_defines_a_name_wins()
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
        // Users of the same name are not merged.
        Assert.Equal("https://one.example:6443/", $"{play.Server}");
        Assert.Equal($"Basic {Convert.ToBase64String("ann:"u8)}", await Header(play));
        Assert.Empty(play.Impersonation.Headers());
    }

    [Fact]
    public async Task Paths_are_relative_to_the_folder_of_their_own_file()
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
        Assert.Equal(["CN=test-ca", "CN=other"], found.Trust.Authorities!.Select(root => root.Subject));
        Assert.Equal(["CN=ann", "CN=test-ca"], found.ClientCertificate!.Select(certificate => certificate.Subject));
        Assert.True(found.ClientCertificate![0].HasPrivateKey);
        Assert.Equal("Bearer from-file", await Header(found));
        _folder.Write("deep/token", "renewed");
        Assert.Equal("Bearer renewed", await Header(found));
    }

    [Fact]
    public void Data_takes_precedence_over_a_path()
    {
        using var authority = TestCertificates.Authority();
        string data = Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.ExportCertificatePem()));
        _variables["KUBECONFIG"] = _folder.Write("config", $$$"""
            clusters: [{name: c, cluster: {server: "https://c", certificate-authority: missing, certificate-authority-data: {{{data}}}}}]
            contexts: [{name: c, context: {cluster: c}}]
            current-context: c
            """);
        Assert.Equal("CN=test-ca", Read().Trust.Authorities!.Single().Subject);
    }

    [Fact]
    public void The_default_is_the_file_in_the_home_folder()
    {
        _variables["HOME"] = _folder.Path;
        _folder.Write(".kube/config", Two);
        Assert.Equal("work", Read().Context);
    }

    [Fact]
    public async Task A_pod_without_a_kubeconfig_uses_its_own_cluster()
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
    public void Without_a_kubeconfig_the_error_names_the_paths()
    {
        Assert.Equal("no kubeconfig found. Try: --kubeconfig FILE, or set KUBECONFIG", Error(new ClusterChoice()));
        _variables["HOME"] = _folder.Path;
        Assert.Equal(
            $"no cluster is defined in {_folder.Path}/.kube/config. Try: --kubeconfig FILE, or set KUBECONFIG", Error(new ClusterChoice()));
        Assert.Equal($"the kubeconfig {_folder.Path}/x does not exist", Error(new ClusterChoice(Kubeconfig: _folder.Path + "/x")));
    }

    [Theory]
    [InlineData("wrok", "the kubeconfig has no context \"wrok\". It has: lost, nobody, play, work")]
    [InlineData("lost", "the kubeconfig has no cluster \"gone\", which context \"lost\" uses. It has: one, two")]
    [InlineData("nobody", "the kubeconfig has no user \"gone\", which context \"nobody\" uses. It has: ann, pat")]
    public void An_error_for_an_unknown_name_lists_the_known_ones(string context, string error)
    {
        _variables["KUBECONFIG"] = _folder.Write("config", Two);
        Assert.Equal(error, Error(new ClusterChoice(Context: context)));
    }

    [Theory]
    [InlineData("clusters: [", "the kubeconfig FILE is not valid YAML: line *")]
    [InlineData("just text", "FILE is not a kubeconfig")]
    [InlineData("clusters: yes please", "FILE is not a kubeconfig: clusters is not a list")]
    [InlineData("clusters: [{name: c, cluster: {}}]", "the kubeconfig has no current context. Try: --context NAME. Contexts: none")]
    [InlineData(
        "clusters: [{name: c, cluster: {}}]" + Context,
        "cluster \"c\" in FILE has no server")]
    [InlineData(
        "clusters: [{name: c, cluster: {server: 'ftp://c'}}]" + Context,
        "the server of cluster \"c\" in FILE is not a URL: ftp://c")]
    [InlineData(
        "clusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: '!'}}]" + Context,
        "certificate-authority-data in FILE is not base64")]
    [InlineData(
        "clusters: [{name: c, cluster: {server: 'https://c', certificate-authority-data: 'eHh4'}}]" + Context,
        "the certificate-authority in FILE contains no PEM certificate")]
    [InlineData(
        "clusters: [{name: c, cluster: {server: 'https://c'}}]\nusers: [{name: u, user: {auth-provider: {name: oidc}}}]" + UserContext,
        "the auth-provider \"oidc\" of user \"u\" has no id-token. "
            + "Try: kubectl get namespaces, which renews it with the refresh-token, or log in again")]
    public void An_error_in_a_kubeconfig_names_the_file_and_the_cause(string text, string expected)
    {
        string file = _folder.Write("config", text);
        _variables["KUBECONFIG"] = file;
        string error = Error(new ClusterChoice());
        if (expected.EndsWith('*'))
            Assert.StartsWith(expected.Replace("FILE", file).TrimEnd('*'), error);
        else
            Assert.Equal(expected.Replace("FILE", file), error);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")] // as Windows PowerShell writes it
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    public void A_byte_order_mark_says_the_encoding(string encoding)
    {
        _variables["KUBECONFIG"] = Path.Combine(_folder.Path, "config");
        File.WriteAllText(_variables["KUBECONFIG"], Two, Encoding.GetEncoding(encoding));
        Assert.Equal("work", Read().Context);
        if (encoding != "utf-16")
            return;
        File.WriteAllText(_variables["KUBECONFIG"], Two, new UnicodeEncoding(bigEndian: false, byteOrderMark: false));
        Assert.Equal(
            $"the kubeconfig {_variables["KUBECONFIG"]} is not valid YAML: line 1: it contains null characters. Save the file as UTF-8",
            Error(new ClusterChoice()));
    }

    [Fact]
    public void An_entry_of_the_list_that_is_a_folder_is_an_error()
    {
        _variables["KUBECONFIG"] = $"{_folder.Write("config", Two)}{Path.PathSeparator}{_folder.Path}";
        Assert.Equal($"cannot read the kubeconfig {_folder.Path}: it is a folder", Error(new ClusterChoice()));
        Assert.Equal($"cannot read the kubeconfig {_folder.Path}: it is a folder", Error(new ClusterChoice(Kubeconfig: _folder.Path)));
    }

    [Fact]
    public void The_home_folder_is_found_as_by_kubectl()
    {
        _variables["HOME"] = Directory.CreateDirectory($"{_folder.Path}/home").FullName;
        _variables["HOMEDRIVE"] = _folder.Path;
        _variables["HOMEPATH"] = "/drive";
        _variables["USERPROFILE"] = Directory.CreateDirectory($"{_folder.Path}/profile").FullName;
        Assert.Equal($"{_folder.Path}/home", Find(isWindows: true));
        // One with a kubeconfig comes first.
        _folder.Write("profile/.kube/config", Two);
        Assert.Equal($"{_folder.Path}/profile", Find(isWindows: true));
        _folder.Write("drive/.kube/config", Two);
        Assert.Equal($"{_folder.Path}/drive", Find(isWindows: true));
        _folder.Write("home/.kube/config", Two);
        Assert.Equal($"{_folder.Path}/home", Find(isWindows: true));
        Assert.Equal($"{_folder.Path}/home", Find(isWindows: false));
        _variables.Remove("HOME");
        Assert.Null(Find(isWindows: false));
        _variables.Remove("HOMEPATH");
        Assert.Equal($"{_folder.Path}/profile", Find(isWindows: true));

        string? Find(bool isWindows) => HomeFolder.Find(_variables.GetValueOrDefault, isWindows);
    }

    private Connection Read(ClusterChoice? choice = null) =>
        new ConnectionReader(_variables.GetValueOrDefault, false, TimeProvider.System).Read(choice ?? new ClusterChoice());

    private string Error(ClusterChoice choice) => Assert.Throws<ApiException>(() => Read(choice)).Message;

    private static async Task<string> Header(Connection connection)
    {
        using var request = new HttpRequestMessage();
        await connection.Credentials!.ProcessHttpRequestAsync(request, default);
        return $"{request.Headers.Authorization}";
    }
}
