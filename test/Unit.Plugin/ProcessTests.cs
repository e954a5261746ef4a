using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Depmap.Plugin.Tests.Cluster;
using Depmap.V1;
using Microsoft.AspNetCore.Http;

namespace Depmap.Plugin.Tests;

/// <summary>The program started from a shell: exit codes, signals and pipes.</summary>
/// <remarks><c>DEPMAP_PLUGIN</c> is the path of a published program to test instead of the one just built.</remarks>
public sealed class ProcessTests
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(5);

    internal static readonly string Plugin = Environment.GetEnvironmentVariable("DEPMAP_PLUGIN") is { Length: > 0 } published
        ? published
        // Not the copy next to the tests: its dependencies are those of the test project.
        : $"dotnet {AppContext.BaseDirectory.Replace(Path.Combine("test", "Unit.Plugin"), "cmd")}kubectl-depmap.dll";

    [Fact]
    public async Task A_closed_port_is_one_error_within_5_seconds()
    {
        int port = FreePort();
        (PluginRun run, TimeSpan took) = await RunAsync($"{Plugin} observe --server 127.0.0.1:{port}");
        Assert.Equal(
            new PluginRun(1, "", $"error: cannot reach the relay at 127.0.0.1:{port}: connection refused. "
                + "Is the relay running, and is this its address?\n"),
            run);
        Assert.InRange(took, TimeSpan.Zero, MaxTime);
    }

    [Fact]
    public async Task A_server_that_does_not_respond_is_one_error_within_5_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<(Socket Connection, long Time)> connected = AcceptAsync(listener);
        (PluginRun run, _) = await RunAsync($"{Plugin} observe -f --relay {listener.LocalEndpoint}");
        TimeSpan took = Stopwatch.GetElapsedTime((await connected).Time);
        (await connected).Connection.Dispose();
        Assert.Equal(
            new PluginRun(1, "", $"error: cannot reach the relay at {listener.LocalEndpoint}: connected, but no response within 3 s. "
                + "Is this the relay's port for queries?\n"),
            run);
        Assert.InRange(took, TimeSpan.Zero, MaxTime);
    }

    [Theory]
    [InlineData("install")]
    [InlineData("uninstall")]
    [InlineData("status")]
    [InlineData("observe -f")]
    [InlineData("map")]
    [InlineData("try")]
    public async Task Without_a_cluster_each_command_prints_the_reason_in_one_line(string command)
    {
        (PluginRun run, _) = await RunAsync($"HOME=/nowhere KUBECONFIG= {Plugin} {command}");
        Assert.Equal(
            new PluginRun(1, "", "error: no cluster is defined in /nowhere/.kube/config. Try: --kubeconfig FILE, or set KUBECONFIG\n"),
            run);

        int port = FreePort();
        using var folder = new TemporaryFolder();
        string kubeconfig = Path.Combine(folder.Path, "config");
        await File.WriteAllTextAsync(kubeconfig, $$"""
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:{{port}}" } }]
            contexts: [{name: here, context: { cluster: c } }]
            current-context: here
            """);
        (run, _) = await RunAsync($"KUBECONFIG={kubeconfig} {Plugin} {command} --context nowhere");
        Assert.Equal(new PluginRun(1, "", "error: the kubeconfig has no context \"nowhere\". It has: here\n"), run);

        (run, _) = await RunAsync($"KUBECONFIG={kubeconfig} {Plugin} {command}");
        Assert.Equal(
            new PluginRun(1, "", $"error: cannot reach the API server at https://127.0.0.1:{port}: connection refused. "
                + "Is the cluster running, and is this its address?\n"),
            WithoutProgress(run));

        using X509Certificate2 own = TestCertificates.Leaf(TestCertificates.Authority(), "server", "127.0.0.1");
        await using FakeHttpServer untrusted = await FakeHttpServer.StartAsync(context => context.Response.WriteAsync("{}"), own);
        await File.WriteAllTextAsync(kubeconfig, (await File.ReadAllTextAsync(kubeconfig)).Replace($"{port}", $"{untrusted.Address.Port}"));
        (run, _) = await RunAsync($"KUBECONFIG={kubeconfig} {Plugin} {command}");
        Assert.Equal(
            new PluginRun(1, "", $"error: cannot reach the API server at https://127.0.0.1:{untrusted.Address.Port}: its certificate is "
                + "signed by an authority that this machine does not trust. Is certificate-authority missing in the kubeconfig?\n"),
            WithoutProgress(run));
    }

    [Fact]
    public async Task An_API_server_that_does_not_respond_is_one_error_within_15_seconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var folder = new TemporaryFolder();
        string kubeconfig = Path.Combine(folder.Path, "config");
        await File.WriteAllTextAsync(kubeconfig, $$"""
            clusters: [{name: c, cluster: {server: "https://{{listener.LocalEndpoint}}" } }]
            contexts: [{name: here, context: { cluster: c } }]
            current-context: here
            """);
        (PluginRun run, TimeSpan took) = await RunAsync($"KUBECONFIG={kubeconfig} {Plugin} install");
        Assert.Equal(
            new PluginRun(1, "", "Checking the cluster.\n"
                + $"error: cannot reach the API server at https://{listener.LocalEndpoint}: timed out while connecting. "
                + "Is this its address, and does a firewall block it?\n"),
            run);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData("observe --folow", "error: unknown flag --folow, did you mean --follow?\n")]
    [InlineData("observe -o jsn", "error: invalid value \"jsn\" for --output: use json, jsonpb, compact, wide, dict, "
        + "jsonpath=TEMPLATE or custom-columns=COLUMNS, did you mean json?\n")]
    public async Task A_usage_error_is_one_line_and_exit_1(string args, string error)
    {
        (PluginRun run, _) = await RunAsync($"{Plugin} {args}");
        Assert.Equal(new PluginRun(1, "", error), run);
    }

    [Fact]
    public async Task A_closed_pipe_ends_an_idle_follow_without_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        // There is no flow after the one that head reads.
        (PluginRun run, _) = await RunAsync($"{Plugin} observe -f --relay {relay.Address} | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal("", run.Error);
        Assert.EndsWith("}\n0\n", run.Output);
    }

    [Fact]
    public async Task A_closed_pipe_ends_a_busy_run_without_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.AddRange(Enumerable.Repeat(new ObserveResponse { Flow = Examples.Forwarded }, 20_000));
        (PluginRun run, _) = await RunAsync($"{Plugin} observe -f --relay {relay.Address} | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal("", run.Error);
        Assert.EndsWith("}\n0\n", run.Output);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_a_follow_with_complete_lines_and_exit_0(string signal)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.AddRange(Enumerable.Repeat(new ObserveResponse { Flow = Examples.Forwarded }, 1000));
        // A shell that runs the tests in the background makes them ignore SIGINT.
        using Process process = Start($"exec env --default-signal=INT {Plugin} observe -f --relay {relay.Address}");
        string first = await process.StandardOutput.ReadLineAsync() ?? "";
        // Nothing more is read until it exits, so the signal arrives while a full pipe blocks it.
        long sent = Stopwatch.GetTimestamp();
        using (Process kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]))
            await kill.WaitForExitAsync();
        await ExitAsync(process);

        Assert.InRange(Stopwatch.GetElapsedTime(sent), TimeSpan.Zero, MaxTime);
        Assert.Equal((0, ""), (process.ExitCode, await process.StandardError.ReadToEndAsync()));
        string rest = await process.StandardOutput.ReadToEndAsync();
        Assert.EndsWith("}\n", first + "\n" + rest);
        Assert.All((first + "\n" + rest).TrimEnd('\n').Split('\n'), line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public async Task A_full_disk_is_one_error()
    {
        (PluginRun run, _) = await RunAsync($"{Plugin} version --client > /dev/full");
        Assert.Equal(new PluginRun(1, "", "error: cannot write to stdout: No space left on device\n"), run);
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("2>/dev/full")]
    [InlineData("<&- 2>&-")]
    public async Task The_exit_code_is_right_if_stderr_is_closed_or_full(string redirection)
    {
        foreach ((string command, int code) in ((string, int)[])
            [("observe --folow", 1), ("status --kubeconfig /nowhere", 1), ("install --dry-run=client", 0)])
        {
            (PluginRun run, _) = await RunAsync($"{Plugin} {command} {redirection}");
            Assert.Equal((code, ""), (run.ExitCode, run.Error));
        }

        (PluginRun closed, _) = await RunAsync($"{Plugin} version >&-");
        Assert.Equal(new PluginRun(1, "", "error: cannot write to stdout: Bad file descriptor\n"), closed);
    }

    [Theory]
    [InlineData("a: &a [*a]", "line 1: the anchor &a contains itself")]
    [InlineData("a: $(printf '[%.0s' $(seq 100000))", "line 1: it is nested more than 100 levels deep")]
    public async Task No_kubeconfig_exhausts_the_stack(string yaml, string error)
    {
        using var folder = new TemporaryFolder();
        string file = $"{folder.Path}/config";
        (PluginRun run, _) = await RunAsync($"echo \"{yaml}\" > {file}; {Plugin} status --kubeconfig {file}");
        Assert.Equal(new PluginRun(1, "", $"error: the kubeconfig {file} is not valid YAML: {error}\n"), run);
        (run, _) = await RunAsync($"{Plugin} install --dry-run=client --values {file}");
        Assert.Equal(new PluginRun(1, "", $"error: invalid value \"{file}\" for --values: {error}\n"), run);
    }

    [Fact]
    public async Task An_exec_plugin_is_not_taken_from_the_current_folder_and_may_ask_at_the_terminal()
    {
        int port = FreePort();
        using var folder = new TemporaryFolder();
        string kubeconfig = folder.Write("config", $$"""
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:{{port}}" } }]
            users:
            - name: ann
              user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: depmap-login, interactiveMode: Always} }
            contexts: [{name: here, context: {cluster: c, user: ann} }]
            current-context: here
            """);
        folder.WriteProgram("depmap-login", "echo wrong >&2; exit 9");
        folder.WriteProgram(
            "bin/depmap-login",
            """
            printf 'Password: ' >&2
            read -r password
            printf 'got %s\n' "$password" >&2
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t"}}'
            """);
        string script = $"{Plugin} status --kubeconfig {kubeconfig}";
        string terminal = $"cd {folder.Path}; echo hunter2 | script --quiet --return --echo never --command '{script}' /dev/null";
        (PluginRun run, _) = await RunAsync(terminal);
        Assert.Equal(
            (1, "error: cannot run the exec plugin depmap-login of user \"ann\": it is not in PATH. Is it installed?\r\n"),
            (run.ExitCode, run.Output));
        (run, _) = await RunAsync($"PATH={folder.Path}/bin:$PATH; {terminal}");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            "Password: got hunter2\r\n"
                + $"error: cannot reach the API server at https://127.0.0.1:{port}: connection refused. "
                + "Is the cluster running, and is this its address?\r\n",
            run.Output);
        (run, _) = await RunAsync($"PATH={folder.Path}/bin:$PATH; {script} < /dev/null");
        Assert.Equal(
            new PluginRun(
                1,
                "",
                "error: the exec plugin of user \"ann\" needs to prompt, but stdin is not a terminal. Try: run it in a terminal first\n"),
            run);
    }

    [Fact]
    public async Task Two_runs_append_to_the_same_file()
    {
        string file = Path.GetTempFileName();
        await RunAsync($"({Plugin} version --client; {Plugin} version --client) > {file}");
        string[] lines = await File.ReadAllLinesAsync(file);
        File.Delete(file);
        Assert.Equal(2, lines.Length);
    }

    [Theory]
    [InlineData("TERM=xterm", true)]
    [InlineData("TERM=xterm NO_COLOR=1", false)]
    public async Task A_terminal_gets_the_table_in_color_unless_the_user_wants_none(string environment, bool color)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        (PluginRun run, _) = await RunAsync(
            $"{environment} script --quiet --return --command '{Plugin} map --relay {relay.Address}' /dev/null");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(color ? "\e[1mCLIENT\e[0m " : "CLIENT ", run.Output);
        Assert.Equal(color, run.Output.Contains('\e'));
    }

    [Fact]
    public async Task A_terminal_gets_flows_in_the_compact_form()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        (PluginRun run, _) = await RunAsync(
            $"TERM=xterm script --quiet --return --command '{Plugin} observe --relay {relay.Address}' /dev/null");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("\e[32mFORWARDED\e[0m", run.Output);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(100)]
    public async Task Help_has_the_width_of_the_terminal(int columns)
    {
        (PluginRun run, _) = await RunAsync(
            $"script --quiet --return --command 'stty cols {columns}; {Plugin} help uninstall' /dev/null");
        PluginRun expected = await PluginRun.Of(["help", "uninstall"], [], width: columns);
        Assert.Equal(expected.Output, run.Output.ReplaceLineEndings("\n"));
    }

    private static Process Start(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("DEPMAP_RELAY");
        start.Environment.Remove("DEPMAP_SERVER");
        return Process.Start(start)!;
    }

    /// <summary>Accepts a connection, and returns it with the time, so that a busy machine's start of the program does not count.</summary>
    private static async Task<(Socket Connection, long Time)> AcceptAsync(TcpListener listener) =>
        (await listener.AcceptSocketAsync(), Stopwatch.GetTimestamp());

    // A command says what it does after half a second, which a busy machine may need for a connection.
    private static PluginRun WithoutProgress(PluginRun run) => run with
    {
        Error = run.Error.Replace("Checking the cluster.\n", "").Replace("Looking for Depmap in the cluster.\n", ""),
    };

    private static async Task<(PluginRun Run, TimeSpan Took)> RunAsync(string script)
    {
        script = $"export DEPMAP_REGISTRY=localhost; {script}";
        long started = Stopwatch.GetTimestamp();
        using Process process = Start(script);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await ExitAsync(process);
        TimeSpan took = Stopwatch.GetElapsedTime(started);
        return (new PluginRun(process.ExitCode, await output, await error), took);
    }

    /// <summary>Waits for the process. One that never exits fails its test instead of blocking the others.</summary>
    private static async Task ExitAsync(Process process)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException("The plugin did not exit.");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
