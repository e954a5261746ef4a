using Depmap.Common.Options;
using Depmap.Plugin.Cluster.Kubeconfig;
using Depmap.Plugin.Options;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("root", "--help")]
    [InlineData("observe", "observe", "--help")]
    [InlineData("map", "map", "-h")]
    [InlineData("version", "version", "--help")]
    [InlineData("install", "install", "--help")]
    [InlineData("try", "try", "--help")]
    [InlineData("status", "status", "--help")]
    [InlineData("uninstall", "uninstall", "--help")]
    public async Task Help_shows_examples_and_all_flags(string name, params string[] args)
    {
        PluginRun run = await PluginRun.Of(args);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        await Snapshot.Match(run.Output, name);
    }

    [Fact]
    public async Task Without_a_command_help_is_printed() =>
        Assert.Equal(await PluginRun.Of("--help"), await PluginRun.Of());

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
    [InlineData("observe --servr x", "unknown flag --servr, did you mean --server?")]
    [InlineData("--servr x observe", "unknown flag --servr, did you mean --server?")]
    [InlineData("observe --xyzzy", "unknown flag --xyzzy, see kubectl depmap observe --help")]
    [InlineData("map --pod web", "unknown flag --pod, see kubectl depmap map --help")]
    [InlineData("--version", "unknown flag --version, did you mean version?")]
    [InlineData("observ", "unknown command \"observ\", did you mean observe?")]
    [InlineData("mpa", "unknown command \"mpa\", did you mean map?")]
    [InlineData("help", "unknown command \"help\", did you mean --help?")]
    [InlineData("frobnicate", "unknown command \"frobnicate\", see kubectl depmap --help")]
    [InlineData("@file", "unknown command \"@file\", see kubectl depmap --help")]
    [InlineData("observe web", "unexpected argument \"web\", see kubectl depmap observe --help")]
    [InlineData("-n shop observe", "-n must come after the command: kubectl depmap observe -n")]
    [InlineData("observe -o jsn", "invalid value \"jsn\" for --output: use json or compact, did you mean json?")]
    [InlineData("observe -o table", "invalid value \"table\" for --output: use json or compact")]
    [InlineData("map -o tabel", "invalid value \"tabel\" for --output: use table or json, did you mean table?")]
    [InlineData("version -o yaml", "invalid value \"yaml\" for --output: use text or json")]
    [InlineData("observe --verdict DROPED", "invalid value \"DROPED\" for --verdict: use FORWARDED or DROPPED, did you mean DROPPED?")]
    [InlineData("observe --protocol tcp,icmp", "invalid value \"icmp\" for --protocol: use tcp or udp")]
    [InlineData("observe --port 0", "invalid value \"0\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --port 80,65536", "invalid value \"65536\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --port http", "invalid value \"http\" for --port: use a number from 1 to 65535")]
    [InlineData("observe --last -1", "invalid value \"-1\" for --last: use a whole number, 0 or more")]
    [InlineData("observe --last", "--last needs a value: --last N")]
    [InlineData("observe --server", "--server needs a value: --server HOST:PORT")]
    [InlineData("observe -n", "--namespace needs a value: --namespace NAME")]
    [InlineData("observe --last 1 --last 2", "--last is given 2 times, give it once")]
    [InlineData("observe -n shop,", "invalid value \"\" for --namespace: use a name")]
    [InlineData("observe -n a/b", "invalid value \"a/b\" for --namespace: use a name")]
    [InlineData("observe --pod a/b/c", "invalid value \"a/b/c\" for --pod: use NAME or NAMESPACE/NAME")]
    [InlineData("observe --service shop/", "invalid value \"shop/\" for --service: use NAME or NAMESPACE/NAME")]
    [InlineData("map --request-timeout soon", "invalid value \"soon\" for --request-timeout: use a duration such as 10s or 2m, or 0")]
    [InlineData("status --context", "--context needs a value: --context NAME")]
    [InlineData(
        "observe --since 5x",
        "invalid value \"5x\" for --since: use a duration such as 90s, 5m or 1h30m, or a time such as 2026-05-04T10:11:12Z")]
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
    [InlineData("install --dry-run=clint", "invalid value \"clint\" for --dry-run: use client or server, did you mean client?")]
    [InlineData("install -o yaml", "--output requires --dry-run=client")]
    [InlineData("install --timeout 0s", "invalid value \"0s\" for --timeout: use a duration such as 90s, 5m or 1h30m")]
    [InlineData("install", "cannot reach a cluster")]
    [InlineData("try -- --folow", "unknown flag --folow, did you mean --follow?")]
    [InlineData("try map -- --pod web", "unknown flag --pod, see kubectl depmap map --help")]
    [InlineData("try mpa", "unexpected argument \"mpa\", see kubectl depmap observe --help")]
    [InlineData("try --for soon", "invalid value \"soon\" for --for: use a duration such as 90s, 5m or 1h30m")]
    [InlineData("map --server relay", "invalid value \"relay\" for --server: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470")]
    [InlineData(
        "version --server ::1:9470",
        "invalid value \"::1:9470\" for --server: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470")]
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
    public async Task An_invalid_address_in_the_environment_is_reported_with_the_variable()
    {
        PluginRun run = await PluginRun.Of(["map"], new() { ["DEPMAP_SERVER"] = "http://relay:9470" });
        Assert.Equal(
            "error: invalid value \"http://relay:9470\" for DEPMAP_SERVER: use HOST:PORT, such as 127.0.0.1:9470 or [::1]:9470\n",
            run.Error);
        Assert.Equal(ExitCode.Failure, run.ExitCode);
    }

    [Theory]
    [InlineData("30s", "2026-05-04T10:14:30Z")]
    [InlineData("5m", "2026-05-04T10:10:00Z")]
    [InlineData("1h30m", "2026-05-04T08:45:00Z")]
    [InlineData("1.5h", "2026-05-04T08:45:00Z")]
    [InlineData("1500ms", "2026-05-04T10:14:58.5Z")]
    [InlineData("0s", "2026-05-04T10:15:00Z")]
    [InlineData("800000h", "1970-01-01T00:00:00Z")]
    [InlineData("2026-05-04T10:11:12Z", "2026-05-04T10:11:12Z")]
    [InlineData("2026-05-04T12:11:12.5+02:00", "2026-05-04T10:11:12.5Z")]
    public void Since_is_a_duration_or_a_time(string text, string time)
    {
        long expected = (DateTimeOffset.Parse(time) - DateTimeOffset.UnixEpoch).Ticks * 100;
        Assert.Equal(new Parsed<long>(expected, null), SinceParser.Parse(text, PluginRun.Now));
    }

    [Fact]
    public void Since_accepts_a_time_that_observe_printed() =>
        Assert.Equal(Examples.Time, SinceParser.Parse("2026-05-04T10:11:12.131415161Z", PluginRun.Now).Value);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("m")]
    [InlineData("-5m")]
    [InlineData("5m3")]
    [InlineData("1..5h")]
    [InlineData("999999999999h")]
    [InlineData("yesterday")]
    [InlineData("2026-05-04T10:11:12")]
    [InlineData("2026-05-04")]
    [InlineData("2026-05-04T10:11:12.Z")]
    [InlineData("2026-05-04T10:11:12.1234567890Z")]
    [InlineData("9999-05-04T10:11:12Z")]
    public void Since_rejects_other_values(string text) => Assert.NotNull(SinceParser.Parse(text, PluginRun.Now).Error);
}
