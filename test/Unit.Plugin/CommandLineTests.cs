using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("root", "--help")]
    [InlineData("observe", "observe", "--help")]
    [InlineData("map", "map", "-h")]
    [InlineData("why", "why", "--help")]
    [InlineData("policy", "policy", "--help")]
    [InlineData("diff", "diff", "--help")]
    [InlineData("ui", "ui", "--help")]
    [InlineData("version", "version", "--help")]
    [InlineData("completion", "completion", "--help")]
    [InlineData("install", "install", "--help")]
    [InlineData("images", "images", "--help")]
    [InlineData("try", "try", "--help")]
    [InlineData("status", "status", "--help")]
    [InlineData("uninstall", "uninstall", "--help")]
    public async Task Help_shows_examples_and_all_flags(string name, params string[] args)
    {
        PluginRun run = await PluginRun.Of(args);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output, name);
    }

    [Theory]
    [InlineData("observe")]
    [InlineData("map")]
    [InlineData("ui")]
    [InlineData("why")]
    [InlineData("policy")]
    [InlineData("diff")]
    [InlineData("version")]
    [InlineData("install")]
    [InlineData("try")]
    [InlineData("status")]
    [InlineData("uninstall")]
    [InlineData("images")]
    public async Task No_two_invalid_values_together_are_an_internal_error(string command)
    {
        string help = (await PluginRun.Of(command, "--help")).Output;
        string[] flags = [.. FlagWithValue().Matches(help).Select(match => match.Groups[1].Value)];
        foreach (string first in flags)
        {
            foreach (string second in flags)
            {
                PluginRun run = await PluginRun.Of(command, $"{first}=\u0001,x", $"{second}=\u0001");
                Assert.DoesNotContain("internal", run.Error);
            }
        }
    }

    [GeneratedRegex("^ +(?:-[a-zA-Z], )?(--[a-z-]+) [A-Z\\[]", RegexOptions.Multiline)]
    private static partial Regex FlagWithValue();

    [Fact]
    public async Task Without_a_command_help_is_printed() =>
        Assert.Equal(await PluginRun.Of("--help"), await PluginRun.Of());

    [Theory]
    [InlineData("observe")]
    [InlineData("map")]
    [InlineData("install")]
    [InlineData("status")]
    [InlineData("uninstall")]
    [InlineData("try")]
    [InlineData("version")]
    [InlineData("completion")]
    public async Task Help_is_also_a_command(string command)
    {
        Assert.Equal(await PluginRun.Of(command, "--help"), await PluginRun.Of("help", command));
        Assert.Equal(await PluginRun.Of("--help"), await PluginRun.Of("help"));
    }

    [Theory]
    [InlineData(null, 80)]
    [InlineData(60, 60)]
    [InlineData(100, 100)]
    [InlineData(300, 120)]
    public async Task Lines_of_help_end_where_the_terminal_does(int? width, int longest)
    {
        foreach (string command in (string[])["observe", "map", "install", "status", "uninstall", "try", "version", "completion"])
        {
            string page = (await PluginRun.Of(["help", command], [], isTerminal: width is not null, width: width)).Output;
            // Examples are as the user would type them.
            IEnumerable<string> lines = page.Split('\n').Where(line =>
                !line.StartsWith("  kubectl ", StringComparison.Ordinal) && !line.StartsWith("  #", StringComparison.Ordinal)
                && !line.StartsWith("  source ", StringComparison.Ordinal));
            Assert.All(lines, line => Assert.InRange(line.Length, 0, longest));
        }
    }

    [Fact]
    public async Task The_version_is_also_a_flag() =>
        Assert.Equal(new PluginRun(0, $"{Depmap.Common.ProductVersion.Text}\n", ""), await PluginRun.Of("--version"));

    [Fact]
    public async Task Help_uses_the_name_that_the_program_was_started_with()
    {
        PluginRun run = await PluginRun.Of(["observe", "--help"], [], startedAs: "/opt/bin/depmap");
        Assert.Contains("Usage:\n  depmap observe [flags]", run.Output);
        Assert.DoesNotContain("kubectl", run.Output);
    }

    [Theory]
    [InlineData("observe --folow", "unknown flag --folow, did you mean --follow?")]
    [InlineData("observe --folow=true", "unknown flag --folow, did you mean --follow?")]
    [InlineData("observe --rely x", "unknown flag --rely, did you mean --relay?")]
    [InlineData("--rely x observe", "unknown flag --rely, did you mean --relay?")]
    [InlineData("observe --xyzzy", "unknown flag --xyzzy, see kubectl depmap observe --help")]
    [InlineData("map --pod web", "unknown flag --pod, see kubectl depmap map --help")]
    [InlineData("observ", "unknown command \"observ\", did you mean observe?")]
    [InlineData("mpa", "unknown command \"mpa\", did you mean map?")]
    [InlineData("help mpa", "unknown command \"mpa\", did you mean map?")]
    [InlineData("help frobnicate", "unknown command \"frobnicate\", see kubectl depmap --help")]
    [InlineData("help status extra", "unexpected argument \"extra\", see kubectl depmap status --help")]
    [InlineData("observe -A -n shop", "--all-namespaces and --namespace cannot be used together")]
    [InlineData("map --all-namespaces --namespace shop", "--all-namespaces and --namespace cannot be used together")]
    [InlineData("observe --color sometimes", "invalid value \"sometimes\" for --color: use auto, always or never")]
    [InlineData("install --wait=maybe", "invalid value \"maybe\" for --wait: use true or false")]
    [InlineData("completion", "no shell is given: use bash|zsh|fish|powershell")]
    [InlineData("completion bahs", "unknown shell \"bahs\": use bash, zsh, fish or powershell, did you mean bash?")]
    [InlineData("completion bash zsh", "unexpected argument \"zsh\", see kubectl depmap completion --help")]
    [InlineData("frobnicate", "unknown command \"frobnicate\", see kubectl depmap --help")]
    [InlineData("@file", "unknown command \"@file\", see kubectl depmap --help")]
    [InlineData("observe web", "unexpected argument \"web\", see kubectl depmap observe --help")]
    [InlineData("-n shop observe", "-n must come after the command: kubectl depmap observe -n")]
    [InlineData(
        "observe -o jsn",
        "invalid value \"jsn\" for --output: use json, jsonpb, compact, wide, dict, jsonpath=TEMPLATE or custom-columns=COLUMNS, "
            + "did you mean json?")]
    [InlineData("observe -o go-template={{.}}", "invalid value \"go-template={{.}}\" for --output: Go templates are not supported, "
        + "use jsonpath=TEMPLATE")]
    [InlineData(
        "map -o tabel",
        "invalid value \"tabel\" for --output: use table, wide, json, yaml, csv, markdown, name, dot, mermaid, svg or html, "
        + "did you mean table?")]
    [InlineData("map --protokoll TCP", "unknown flag --protokoll, did you mean --protocol?")]
    [InlineData("map deploy/", "invalid value \"deploy/\" for OBJECT: use KIND/NAME, [NAMESPACE/]NAME, NAMESPACE/KIND/NAME, "
        + "an IP address or a DNS name")]
    [InlineData("map --to shop/deploi/web", "invalid value \"shop/deploi/web\" for --to: unknown kind deploi, did you mean deploy?")]
    [InlineData("map --depth 2", "--depth needs an object to start from: OBJECT, --to or --from")]
    [InlineData("map svc/cart --depth 0", "invalid value \"0\" for --depth: use a number, 1 or more, or all")]
    [InlineData(
        "map --by pods", "invalid value \"pods\" for --by: use workload, service, namespace, node or zone")]
    [InlineData(
        "map --sort byte",
        "invalid value \"byte\" for --sort: use name, bytes, connections, drops or latency, did you mean bytes?")]
    [InlineData("map --top 0", "invalid value \"0\" for --top: use a whole number, 1 or more")]
    [InlineData("version -o yaml", "invalid value \"yaml\" for --output: use text or json")]
    [InlineData("observe --verdict DROPED", "invalid value \"DROPED\" for --verdict: use FORWARDED or DROPPED, did you mean DROPPED?")]
    [InlineData("observe --protocol tcp,icmp", "invalid value \"icmp\" for --protocol: use tcp or udp")]
    [InlineData("observe --port 0", "invalid value \"0\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --port 80,65536", "invalid value \"65536\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --port http", "invalid value \"http\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --last -1", "invalid value \"-1\" for --last: use a whole number, 0 or more")]
    [InlineData("observe --last", "--last needs a value: --last N")]
    [InlineData("observe --relay", "--relay needs a value: --relay HOST:PORT")]
    [InlineData("observe -n", "--namespace needs a value: --namespace NAME")]
    [InlineData("observe --last 1 --last 2", "--last is given 2 times, give it once")]
    [InlineData("observe -n shop,", "invalid value \"\" for --namespace: use a name")]
    [InlineData("observe -n a/b", "invalid value \"a/b\" for --namespace: use a name")]
    [InlineData("observe --pod a/b/c", "invalid value \"a/b/c\" for --pod: use NAME or NAMESPACE/NAME")]
    [InlineData("observe --service shop/", "invalid value \"shop/\" for --service: use NAME or NAMESPACE/NAME")]
    [InlineData("map --request-timeout soon", "invalid value \"soon\" for --request-timeout: use a duration such as 10s or 2m, or 0")]
    [InlineData("status --context", "--context needs a value: --context NAME")]
    [InlineData("status -v", "--v needs a value: --v LEVEL")]
    [InlineData("status -v=high", "invalid value \"high\" for --v: use a whole number, 0 or more")]
    [InlineData(
        "observe --since 5x",
        "invalid value \"5x\" for --since: use a duration such as 90s, 1h30m or 7d, "
        + "or a time such as 2026-05-04T10:11:12Z, 2026-05-04T10:11, 2026-05-04 or 10:11")]
    [InlineData(
        "install --dry-run=client --set agent.loglevel=debug",
        "invalid value \"agent.loglevel=debug\" for --set: no such key, did you mean agent.logLevel?")]
    [InlineData("install --dry-run=client --set agent.logLevel", "invalid value \"agent.logLevel\" for --set: agent.logLevel is empty")]
    [InlineData("install --dry-run=client --image relay", "invalid value \"relay\" for --image: use NAME=VALUE")]
    [InlineData("install --dry-run=client --image rely=x", "invalid value \"rely=x\" for --image: no such key, did you mean image.relay?")]
    [InlineData(
        "install --dry-run=client --tolerations a:Never",
        "invalid value \"a:Never\" for --tolerations: use KEY, KEY=VALUE or KEY=VALUE:EFFECT with the effect NoSchedule, "
            + "PreferNoSchedule or NoExecute")]
    [InlineData("install --dry-run=client --persist-class fast", "--persist-class requires --persist SIZE")]
    [InlineData("install --dry-run=clint", "invalid value \"clint\" for --dry-run: use none, client or server, did you mean client?")]
    [InlineData("install -o yaml", "--output requires --dry-run=client or --print-rights")]
    [InlineData("install --timeout 0s", "invalid value \"0s\" for --timeout: use a duration such as 90s, 5m or 1h30m")]
    [InlineData("install", "cannot reach a cluster")]
    [InlineData("try -- --folow", "unknown flag --folow, did you mean --follow?")]
    [InlineData("try map -- --pod web", "unknown flag --pod, see kubectl depmap map --help")]
    [InlineData("try mpa", "unexpected argument \"mpa\", see kubectl depmap observe --help")]
    [InlineData("try --for soon", "invalid value \"soon\" for --for: use a duration such as 90s, 5m or 1h30m")]
    [InlineData("map --relay relay", "invalid value \"relay\" for --relay: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470")]
    [InlineData("map --server relay", "invalid value \"relay\" for --server: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470")]
    [InlineData(
        "version --relay ::1:9470",
        "invalid value \"::1:9470\" for --relay: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470")]
    public async Task A_usage_error_is_one_line(string line, string error)
    {
        PluginRun run = await PluginRun.Of(line.Split(' '));
        Assert.Equal($"error: {error}\n", run.Error);
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        if (!line.StartsWith("version", StringComparison.Ordinal))
            Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task The_flags_of_kubectl_select_the_cluster()
    {
        ClusterChoice? chosen = null;
        PluginRun run = await PluginRun.Of(
            [
                "status", "--kubeconfig", "k", "--context=c", "--cluster", "cl", "--user", "u",
                "--as", "eve", "--as-uid", "7", "--as-group", "a,b", "--as-group", "c", "--request-timeout", "5",
            ],
            [], chosen: choice => chosen = choice);
        Assert.Equal("error: cannot reach a cluster\n", run.Error);
        Assert.Equal(["a,b", "c"], chosen!.AsGroups!);
        Assert.Equal(new ClusterChoice("k", "c", "cl", "u", "eve", "7", null, TimeSpan.FromSeconds(5)), chosen with { AsGroups = null });
    }

    [Fact]
    public async Task The_flags_of_kubectl_configure_the_connection()
    {
        string[] flags =
        [
            "--token", "t", "--certificate-authority", "ca", "--client-certificate", "crt", "--client-key", "key",
            "--tls-server-name", "name", "--insecure-skip-tls-verify",
        ];
        var expected = new ClusterChoice
        {
            Token = "t",
            CertificateAuthority = "ca",
            ClientCertificate = "crt",
            ClientKey = "key",
            TlsServerName = "name",
            SkipTlsVerify = true,
        };
        Assert.Equal(expected, await ChoiceOf(["status", .. flags]));
        // As for kubectl, an empty value is none.
        Assert.Equal(
            new ClusterChoice(),
            await ChoiceOf(
                "status", "--kubeconfig", "", "--context=", "--cluster=", "--user=", "--token=", "--insecure-skip-tls-verify=false"));
    }

    [Theory]
    [InlineData("-v=6", true)]
    [InlineData("-v6", true)]
    [InlineData("-v 9", true)]
    [InlineData("--v=6", true)]
    [InlineData("-v=5", false)]
    [InlineData("-v=0", false)]
    public async Task The_log_of_requests_starts_at_level_6(string flag, bool logs) =>
        Assert.Equal(logs, (await ChoiceOf(["status", .. flag.Split(' ')])).LogsRequests);

    [Fact]
    public async Task A_bug_is_one_line_with_what_a_report_needs()
    {
        FakeApiServer server = FakeApiServer.Ready();
        server.Answer = _ => throw new InvalidOperationException("The node must be\nof type 'JsonValue'.");
        PluginRun run = await PluginRun.Of(["uninstall", "--token", "secret"], [], server: server);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Matches(
            "^error: internal: InvalidOperationException: The node must be of type 'JsonValue'. This is a bug. "
                + $"Please report this line: kubectl depmap uninstall, version 0.1.0, {RuntimeInformation.RuntimeIdentifier}, "
                + "in Depmap\\.[^ ]+\n$",
            run.Error);
    }

    [Theory]
    [InlineData("DEPMAP_RELAY")]
    [InlineData("DEPMAP_SERVER")]
    public async Task An_invalid_address_in_the_environment_is_reported_with_the_variable(string variable)
    {
        PluginRun run = await PluginRun.Of(["map"], new() { [variable] = "http://relay:9470" });
        Assert.Equal(
            $"error: invalid value \"http://relay:9470\" for {variable}: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470\n",
            run.Error);
        Assert.Equal(ExitCode.Failure, run.ExitCode);
    }

    private static async Task<ClusterChoice> ChoiceOf(params string[] args)
    {
        ClusterChoice? chosen = null;
        PluginRun run = await PluginRun.Of(args, [], chosen: choice => chosen = choice with { AsGroups = null });
        Assert.Equal("error: cannot reach a cluster\n", run.Error);
        return chosen!;
    }

    [Theory]
    [InlineData("30s", "2026-05-04T10:14:30Z")]
    [InlineData("5m", "2026-05-04T10:10:00Z")]
    [InlineData("1h30m", "2026-05-04T08:45:00Z")]
    [InlineData("1.5h", "2026-05-04T08:45:00Z")]
    [InlineData("1500ms", "2026-05-04T10:14:58.5Z")]
    [InlineData("0s", "2026-05-04T10:15:00Z")]
    [InlineData("800000h", "1970-01-01T00:00:00Z")]
    [InlineData("7d", "2026-04-27T10:15:00Z")]
    [InlineData("1d12h", "2026-05-02T22:15:00Z")]
    [InlineData("0.5d", "2026-05-03T22:15:00Z")]
    [InlineData("36525d", "1970-01-01T00:00:00Z")]
    [InlineData("2026-05-04T10:11:12Z", "2026-05-04T10:11:12Z")]
    [InlineData("2026-05-04T12:11:12.5+02:00", "2026-05-04T10:11:12.5Z")]
    public void Since_is_a_duration_or_a_time(string text, string time)
    {
        long expected = (DateTimeOffset.Parse(time) - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.Equal(new Parsed<long>(expected, null), SinceParser.Parse(text, PluginRun.Clock));
    }

    [Theory]
    [InlineData("2026-05-04", "2026-05-03T22:00:00Z")]
    [InlineData("2026-05-04T10:11:12", "2026-05-04T08:11:12Z")]
    [InlineData("2026-05-04T10:11", "2026-05-04T08:11:00Z")]
    [InlineData("2026-05-04 10:11:12", "2026-05-04T08:11:12Z")]
    [InlineData("2026-05-04 10:11", "2026-05-04T08:11:00Z")]
    [InlineData("1970-01-01", "1970-01-01T00:00:00Z")]
    [InlineData("10:11", "2026-05-04T08:11:00Z")]
    [InlineData("10:11:12", "2026-05-04T08:11:12Z")]
    [InlineData("12:15", "2026-05-04T10:15:00Z")]
    public void Since_without_an_offset_is_a_local_time(string text, string time) => Since_is_a_duration_or_a_time(text, time);

    [Theory]
    [InlineData("12:16", "2026-05-03T10:16:00Z")]
    [InlineData("23:59:59", "2026-05-03T21:59:59Z")]
    public void Since_a_clock_time_that_is_still_to_come_is_yesterday_s(string text, string time) =>
        Since_is_a_duration_or_a_time(text, time);

    [Fact]
    public void Since_accepts_a_time_that_observe_printed() =>
        Assert.Equal(Examples.Time, SinceParser.Parse("2026-05-04T10:11:12.131415161Z", PluginRun.Clock).Value);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("5m3")]
    [InlineData("1..5h")]
    [InlineData("999999999999h")]
    [InlineData("yesterday")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("1d1d")]
    [InlineData("1h1d")]
    [InlineData("1d5")]
    [InlineData("1e9d")]
    [InlineData("999999999999d")]
    [InlineData("2026-02-30")]
    [InlineData("04/05/2026")]
    [InlineData("2026-05-04T")]
    [InlineData("0001-01-01")]
    [InlineData("9999-05-04")]
    [InlineData("24:00")]
    [InlineData("10:60")]
    [InlineData("10:11Z")]
    [InlineData("2026-05-04T10:11:12.Z")]
    [InlineData("2026-05-04T10:11:12.1234567890Z")]
    [InlineData("9999-05-04T10:11:12Z")]
    public void Since_rejects_other_values(string text) => Assert.NotNull(SinceParser.Parse(text, PluginRun.Clock).Error);
}
