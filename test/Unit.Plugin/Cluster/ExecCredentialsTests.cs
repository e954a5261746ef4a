using System.Text.Json.Nodes;
using System.Text;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests.Cluster;

public sealed class ExecCredentialsTests : IDisposable
{
    private const string V1 = "client.authentication.k8s.io/v1";

    private const string Answer = "printf %s '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",";

    private readonly TemporaryFolder _folder = new();
    private readonly Clock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_plugin_gets_its_arguments_variables_and_the_cluster()
    {
        Program($$$"""
            echo "$1|$2|$REGION|$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"
            cat > "$(dirname "$0")/stdin"
            echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"fresh"}}'
            """);
        ExecCredentials credentials = Read(new JsonObject
        {
            ["args"] = new JsonArray("two words", "quote\"'"),
            ["env"] = new JsonArray(new JsonObject { ["name"] = "REGION", ["value"] = "eu-1" }),
            ["provideClusterInfo"] = true,
            ["interactiveMode"] = "Never",
        });
        Assert.Equal("Bearer fresh", $"{(await credentials.GetAsync(default)).Header}");
        string[] info = File.ReadAllText(_folder.Path + "/info").Split('|');
        Assert.Equal(["two words", "quote\"'", "eu-1"], info[..3]);
        Assert.Equal(
            $$$$$"""{"kind":"ExecCredential","apiVersion":"{{{{{V1}}}}}","spec":{"interactive":false,"cluster":"""
                + """{"server":"https://c","tls-server-name":"inner","certificate-authority-data":"Y2E=","config":{"audience":"a"}}}}""",
            info[3].TrimEnd());
        Assert.Equal("", File.ReadAllText(_folder.Path + "/stdin"));
    }

    [Fact]
    public async Task An_identity_is_kept_until_it_expires_or_is_rejected()
    {
        DateTimeOffset expiration = _clock.Now.AddMinutes(5);
        string text = expiration.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        Program($$$"""
            echo run >> "$(dirname "$0")/runs"
            n=$(wc -l < "$(dirname "$0")/runs")
            echo '{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"t'$n'","expirationTimestamp":"{{{text}}}" } }'
            """);
        ExecCredentials credentials = Read([]);
        Assert.Equal("Bearer t1", $"{(await credentials.GetAsync(default)).Header}");
        Identity second = await credentials.GetAsync(default);
        Assert.Equal("Bearer t1", $"{second.Header}");

        credentials.Invalidate(second);
        Identity third = await credentials.GetAsync(default);
        Assert.Equal("Bearer t2", $"{third.Header}");
        credentials.Invalidate(second); // a late 401 for the previous one
        Assert.Equal("Bearer t2", $"{(await credentials.GetAsync(default)).Header}");

        _clock.Now = expiration;
        Assert.Equal("Bearer t3", $"{(await credentials.GetAsync(default)).Header}");
    }

    [Fact]
    public async Task A_long_output_is_read_completely()
    {
        string token = new('x', 200_000);
        _folder.Write("output", $$$"""{"kind":"ExecCredential","apiVersion":"{{{V1}}}","status":{"token":"{{{token}}}"}}""");
        Program("cat \"$(dirname \"$0\")/output\"");
        Assert.Equal(token, (await Read([]).GetAsync(default)).Header!.Parameter);
    }

    [Fact]
    public async Task The_plugin_may_return_a_certificate()
    {
        using var authority = TestCertificates.Authority();
        using var leaf = TestCertificates.Leaf(authority, "ann");
        _folder.Write("output", new JsonObject
        {
            ["kind"] = "ExecCredential",
            ["apiVersion"] = V1,
            ["status"] = new JsonObject
            {
                ["clientCertificateData"] = leaf.ExportCertificatePem(), ["clientKeyData"] = TestCertificates.Key(leaf),
            },
        }.ToJsonString());
        Program("cat \"$(dirname \"$0\")/output\"");
        Identity identity = await Read([]).GetAsync(default);
        Assert.Null(identity.Header);
        Assert.True(identity.Certificate![0].HasPrivateKey);
    }

    [Theory]
    [InlineData("exit 3", "PLUGIN failed with exit code 3. Try: log in again with it")]
    [InlineData("echo; echo ' WARNING: old'; echo '{}'", "the output of PLUGIN is not JSON: it starts with \"WARNING: old\"")]
    [InlineData("echo '{'", "the output of PLUGIN is not valid JSON")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"kind\":\"ExecCredential\"}'", "the output of PLUGIN is not valid JSON")]
    [InlineData("true", "PLUGIN printed nothing")]
    [InlineData("echo '[]'", "the output of PLUGIN is not an ExecCredential")]
    [InlineData("echo '{\"kind\":{}}'", "the output of PLUGIN is not an ExecCredential")]
    [InlineData(Answer + "\"status\":\"Failure\"}'", "PLUGIN returned a status that is not an object")]
    [InlineData(Answer + "\"status\":{\"token\":12345}}'", "the token of PLUGIN is not a string")]
    [InlineData(Answer + "\"status\":{\"token\":\"a\\nb\"}}'",
        "the token of PLUGIN contains a line break, a space or another character that no token has")]
    [InlineData(
        Answer + "\"status\":{\"token\":\"t\",\"expirationTimestamp\":1764403200}}'",
        "the expirationTimestamp of PLUGIN is not a string")]
    [InlineData("echo '{}'", "the output of PLUGIN is not an ExecCredential")]
    [InlineData(
        """echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1"}'""",
        "PLUGIN returned apiVersion client.authentication.k8s.io/v1beta1, but the kubeconfig has client.authentication.k8s.io/v1")]
    [InlineData(
        """echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'""",
        "PLUGIN returned neither a token nor a certificate with its key")]
    [InlineData(
        """echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":"""
            + """{"token":"t","expirationTimestamp":"soon"}}'""",
        "PLUGIN returned an invalid expirationTimestamp: soon")]
    public async Task An_invalid_output_is_an_error(string script, string error)
    {
        Program(script);
        ApiException failure = await Assert.ThrowsAsync<ApiException>(async () => await Read([]).GetAsync(default));
        Assert.Equal(error.Replace("PLUGIN", $"the exec plugin {_folder.Path}/login of user \"ann\""), failure.Message);
    }

    [Fact]
    public async Task A_missing_program_is_an_error_with_its_install_hint()
    {
        ApiException failure = await Assert.ThrowsAsync<ApiException>(
            async () => await Read(new JsonObject { ["installHint"] = "Install it\nfrom example.com" }).GetAsync(default));
        Assert.Equal(
            $"cannot run the exec plugin {_folder.Path}/login of user \"ann\": there is no such file. Install it from example.com",
            failure.Message);
    }

    [Theory]
    [InlineData("./", "FOLDER/", "it is a folder")]
    [InlineData("./data", "FOLDER/data", "it is not executable")]
    [InlineData("no-such-login", "no-such-login", "it is not in PATH")]
    public async Task A_command_that_is_no_program_is_an_error(string command, string named, string reason)
    {
        _folder.Write("data", "");
        ApiException failure = await Assert.ThrowsAsync<ApiException>(async () => await Read([], command).GetAsync(default));
        named = named.Replace("FOLDER", _folder.Path, StringComparison.Ordinal);
        Assert.Equal($"cannot run the exec plugin {named} of user \"ann\": {reason}. Is it installed?", failure.Message);
    }

    [Fact]
    public async Task A_failing_plugin_runs_once_per_command()
    {
        Program("echo run >> \"$(dirname \"$0\")/runs\"; exit 1");
        foreach (string command in (string[])["status", "observe", "install", "uninstall", "try"])
        {
            File.Delete($"{_folder.Path}/runs");
            using var api = new ApiServer(
                new Connection(new Uri("http://127.0.0.1:9"), "c", "default", "ann") { Credentials = Read([]) },
                new EnvironmentProxy(_ => null));
            Assert.Equal(
                new PluginRun(
                    1,
                    "",
                    $"error: the exec plugin {_folder.Path}/login of user \"ann\" failed with exit code 1. Try: log in again with it\n"),
                await PluginRun.Of([command], [], server: api));
            Assert.Equal("run\n", File.ReadAllText($"{_folder.Path}/runs"));
        }
    }

    [Fact]
    public void An_unsupported_version_or_a_prompt_without_a_terminal_is_an_error_before_the_run()
    {
        Assert.Equal(
            $"the exec plugin of user \"ann\" uses the apiVersion \"client.authentication.k8s.io/v1alpha1\". Use {V1}",
            Assert.Throws<ApiException>(() => Read(new JsonObject { ["apiVersion"] = "client.authentication.k8s.io/v1alpha1" })).Message);
        Assert.Equal(
            "the exec plugin of user \"ann\" needs to prompt, but stdin is not a terminal. Try: run it in a terminal first",
            Assert.Throws<ApiException>(() => Read(new JsonObject { ["interactiveMode"] = "Always" })).Message);
    }

    private void Program(string script) => _folder.WriteProgram("login", script);

    private ExecCredentials Read(JsonObject exec, string command = "./login")
    {
        exec["apiVersion"] ??= V1;
        exec["command"] = command;
        var config = new JsonObject
        {
            ["current-context"] = "c",
            ["clusters"] = new JsonArray(new JsonObject
            {
                ["name"] = "c",
                ["cluster"] = new JsonObject
                {
                    ["server"] = "https://c",
                    ["tls-server-name"] = "inner",
                    ["insecure-skip-tls-verify"] = false,
                    ["certificate-authority-data"] = Convert.ToBase64String(Encoding.ASCII.GetBytes("ca")),
                    ["extensions"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "client.authentication.k8s.io/exec", ["extension"] = new JsonObject { ["audience"] = "a" },
                    }),
                },
            }),
            ["users"] = new JsonArray(new JsonObject { ["name"] = "ann", ["user"] = new JsonObject { ["exec"] = exec } }),
        };
        var cluster = new KubeconfigEntry((JsonObject)config["clusters"]![0]!["cluster"]!, _folder.Path + "/config");
        var user = new KubeconfigEntry((JsonObject)config["users"]![0]!["user"]!, _folder.Path + "/config");
        var programs = new ProgramPath(Environment.GetEnvironmentVariable, isWindows: false);
        ExecSettings settings = ExecSettings.Read(exec, user, "ann", cluster, programs, stdinIsTerminal: false);
        return new ExecCredentials(new ExecPlugin(settings, programs), _clock);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 5, 4, 10, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
