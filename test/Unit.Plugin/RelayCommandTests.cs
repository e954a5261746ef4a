using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Depmap.Plugin.Shell;
using Depmap.V1;
using Grpc.Core;

namespace Depmap.Plugin.Tests;

/// <summary>The commands with a relay on the loopback interface.</summary>
public sealed class RelayCommandTests
{
    [Fact]
    public async Task Observe_prints_flows_on_stdout_and_lost_data_on_stderr()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Lost = new LostReport { Agents = new Lost { Drops = 3 } } });
        relay.Responses.AddRange(Examples.Flows.Select(flow => new ObserveResponse { Flow = flow }));
        relay.Responses.Add(new ObserveResponse { Lost = new LostReport { Agents = new Lost { Drops = 3 }, Reader = 2 } });

        PluginRun run = await PluginRun.Of("observe", "--relay", relay.Address);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(
            "lost: 3 drops at the agents' ring buffers\n"
            + "lost: 3 drops at the agents' ring buffers, 2 flows this reader was too slow for\n",
            run.Error);
        string[] lines = run.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(Examples.Flows.Count(), lines.Length);
        Assert.All(lines, line => JsonDocument.Parse(line).Dispose());
    }

    [Fact]
    public async Task Observe_says_at_its_start_which_nodes_are_not_observed()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Status.Nodes = 3;
        relay.Status.UnobservedNodes.Add(new UnobservedNode { Name = "n2", Reason = "the node is not ready" });
        Assert.Equal(
            new PluginRun(0, "", "1 of 3 nodes is not observed: n2 (the node is not ready)\nNo flows yet.\n"),
            await PluginRun.Of("observe", "--relay", relay.Address));
    }

    [Fact]
    public async Task Observe_sends_the_options_to_the_relay()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await PluginRun.Of(
            "observe", "-n", "shop,pay", "--namespace", "kube-system", "--pod", "shop/web", "--service", "cart", "--verdict", "dropped",
            "--protocol", "TCP,udp", "--port", "80", "--port=443", "--last", "5", "--since", "5m", "--relay", relay.Address);

        Assert.Equal((0, "No flows match.\n"), (run.ExitCode, run.Error));
        Assert.Equal(
            new ObserveRequest
            {
                Filter = new Filter
                {
                    Namespaces = { "shop", "pay", "kube-system" },
                    Pods = { "shop/web" },
                    Services = { "cart" },
                    Verdicts = { Verdict.Dropped },
                    Protocols = { Protocol.Tcp, Protocol.Udp },
                    Ports = { 80, 443 },
                },
                Last = 5,
                SinceUnixNs = (PluginRun.Now.ToUnixTimeSeconds() - 300) * 1_000_000_000,
            },
            relay.Observed);
    }

    [Fact]
    public async Task Observe_requests_everything_by_default()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await PluginRun.Of(["observe"], new() { ["DEPMAP_RELAY"] = relay.Address });
        Assert.Equal(new ObserveRequest { Filter = new Filter() }, relay.Observed);
    }

    [Fact]
    public async Task Last_0_is_different_from_no_last()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await PluginRun.Of("observe", "--last", "0", "--relay", relay.Address);
        Assert.True(relay.Observed!.HasLast);
    }

    [Theory]
    [InlineData(true, "", "", true)]
    [InlineData(true, "NO_COLOR=1", "", false)]
    [InlineData(true, "NO_COLOR=", "", true)] // no-color.org: must not be empty
    [InlineData(true, "TERM=dumb", "", false)]
    [InlineData(true, "", "--color=never", false)]
    [InlineData(true, "NO_COLOR=1", "--color=always", true)]
    [InlineData(true, "NO_COLOR=1", "--color=auto", false)]
    [InlineData(false, "", "", false)]
    [InlineData(false, "CLICOLOR_FORCE=1", "", true)]
    [InlineData(false, "CLICOLOR_FORCE=0", "", false)]
    [InlineData(false, "CLICOLOR_FORCE=1 NO_COLOR=1", "", false)]
    [InlineData(false, "CLICOLOR_FORCE=1", "--color=never", false)]
    [InlineData(false, "", "--color=always", true)]
    public async Task Compact_uses_color_where_it_is_supported_or_asked_for(bool isTerminal, string variables, string flag, bool usesColor)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.DroppedWithDetail });
        Dictionary<string, string> environment = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        string[] flags = flag.Length > 0 ? [flag] : [];
        PluginRun run = await PluginRun.Of(
            ["observe", "-o", "compact", "--relay", relay.Address, .. flags], environment, isTerminal: isTerminal);
        Assert.Equal(usesColor, run.Output.Contains('\e'));
        Assert.StartsWith("12:11:12.132", run.Output.TrimStart('\e', '[', '2', 'm')); // local time, two hours ahead
    }

    [Theory]
    [InlineData(true, "", false)]
    [InlineData(false, "", true)]
    [InlineData(true, "-o=json", true)]
    [InlineData(false, "-o=compact", false)]
    public async Task A_terminal_gets_the_compact_form_and_a_pipe_gets_JSON(bool isTerminal, string flag, bool isJson)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        string[] flags = flag.Length > 0 ? [flag] : [];
        PluginRun run = await PluginRun.Of(["observe", "--relay", relay.Address, .. flags], [], isTerminal: isTerminal);
        Assert.Equal(isJson, run.Output.StartsWith('{'));
    }

    [Theory]
    [InlineData("", "No flows yet.\n")]
    [InlineData("-A", "No flows yet.\n")]
    [InlineData("--last 5", "No flows yet.\n")]
    [InlineData("-n shop", "No flows match.\n")]
    [InlineData("--since 5m", "No flows match.\n")]
    [InlineData("--last 0", "")]
    public async Task Without_flows_there_is_one_line_on_stderr(string flags, string error)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Lost = new LostReport() });
        string[] given = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(new PluginRun(0, "", error), await PluginRun.Of(["observe", "--relay", relay.Address, .. given]));
    }

    [Fact]
    public async Task The_former_names_of_the_relays_address_are_accepted()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = new(0, "", "No edges found.\n");
        Assert.Equal(run, await PluginRun.Of("map", "--server", relay.Address));
        Assert.Equal(run, await PluginRun.Of(["map"], new() { ["DEPMAP_SERVER"] = relay.Address }));
        Assert.Equal(run, await PluginRun.Of(["map"], new() { ["DEPMAP_SERVER"] = "127.0.0.1:1", ["DEPMAP_RELAY"] = relay.Address }));
    }

    [Fact]
    public async Task A_cancelled_follow_succeeds_with_complete_lines()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        using var stop = new CancellationTokenSource();
        using var output = new FirstWrite(stop.Cancel);

        PluginRun run = await PluginRun.Of(["observe", "-f", "--relay", relay.Address], [], output, cancellationToken: stop.Token);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal((byte)'\n', output.ToArray()[^1]);
    }

    [Fact]
    public async Task If_the_relay_stops_the_printed_lines_are_complete_and_there_is_one_error()
    {
        FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        var written = new TaskCompletionSource();
        using var output = new FirstWrite(written.SetResult);
        Task<PluginRun> running = PluginRun.Of(["observe", "-f", "--relay", relay.Address], [], output);
        await written.Task;
        await relay.DisposeAsync();

        PluginRun run = await running;
        Assert.Equal(ExitCode.Failure, run.ExitCode);
        Assert.Matches(
            $@"\Aerror: lost the connection to the relay at {relay.Address}: [^\n]+\. Is the relay still running\? Try again\n\z",
            run.Error);
        Assert.Equal((byte)'\n', output.ToArray()[^1]);
    }

    [Fact]
    public async Task A_follow_that_the_relay_closes_is_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.EndsFollow = true;
        PluginRun run = await PluginRun.Of("observe", "-f", "--relay", relay.Address);
        Assert.Equal(
            new PluginRun(1, "", $"error: lost the connection to the relay at {relay.Address}: the relay closed it. "
                + "Is the relay still running? Try again\n"),
            run);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "the relay at ADDRESS refused the request: too many ports")]
    [InlineData(
        StatusCode.ResourceExhausted,
        "lost the connection to the relay at ADDRESS: ResourceExhausted, too many ports. Is the relay still running? Try again")]
    public async Task An_error_from_the_relay_is_printed(StatusCode code, string error)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Failure = new RpcException(new Status(code, "too many ports"));
        PluginRun run = await PluginRun.Of("observe", "--relay", relay.Address);
        Assert.Equal($"error: {error.Replace("ADDRESS", relay.Address)}\n", run.Error);
        Assert.Equal((ExitCode.Failure, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task A_gRPC_server_that_is_not_a_relay_is_recognized()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync(isRelay: false);
        PluginRun run = await PluginRun.Of("map", "--relay", relay.Address);
        Assert.Equal(
            $"error: cannot reach the relay at {relay.Address}: the server there is not a relay. Is this the relay's port for queries?\n",
            run.Error);
        Assert.Equal((ExitCode.Failure, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task A_server_with_another_protocol_is_recognized()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using Socket client = await listener.AcceptSocketAsync();
            await client.ReceiveAsync(new byte[1024]);
            await client.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            client.Shutdown(SocketShutdown.Send);
        });
        PluginRun run = await PluginRun.Of("observe", "--relay", $"{listener.LocalEndpoint}");
        Assert.Equal(
            $"error: cannot reach the relay at {listener.LocalEndpoint}: the server there does not speak gRPC. "
                + "Is this the relay's port for queries?\n",
            run.Error);
        Assert.Equal((ExitCode.Failure, ""), (run.ExitCode, run.Output));
        await server;
    }

    [Fact]
    public async Task Map_of_a_period_says_which_time_it_counts()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        long now = PluginRun.Now.ToUnixTimeSeconds() * 1_000_000_000, hour = 3600L * 1_000_000_000;
        relay.Map.Edges.AddRange(Examples.Edges);
        relay.Map.CountedFromUnixNs = now - (2 * hour);
        relay.Map.HiddenProbes = 3;
        const string notShown = "edges not shown: 3 of probes (--include-probes)\n";
        Assert.Equal(
            "counted since 2026-05-04 10:15:00 (2h ago)\n" + notShown,
            (await PluginRun.Of("map", "--since", "2h", "--relay", relay.Address)).Error);
        Assert.Equal(new MapRequest { Filter = new Filter(), SinceUnixNs = now - (2 * hour) }, relay.Mapped);

        relay.Map.HistoryProblem = "the history cannot be saved: disk is full";
        Assert.Equal(
            "counted since 2026-05-04 10:15:00 (2h ago): nothing older is kept\nwarning: the history cannot be saved: disk is full\n"
                + notShown,
            (await PluginRun.Of("map", "--since", "2026-05-04", "--relay", relay.Address)).Error);

        relay.Map.CountedUntilUnixNs = now - hour;
        relay.Map.HistoryProblem = "";
        Assert.Equal(
            "counted from 2026-05-04 10:15:00 to 2026-05-04 11:15:00\n" + notShown,
            (await PluginRun.Of("map", "--since", "2h", "--until", "11:15", "--relay", relay.Address)).Error);
        Assert.Equal((now - (2 * hour), now - hour), (relay.Mapped!.SinceUnixNs, relay.Mapped.UntilUnixNs));
    }

    [Theory]
    [InlineData("--since yesterday", "error: invalid value \"yesterday\" for --since: use a duration such as 90s, 1h30m or 7d, or a time "
        + "such as 2026-05-04T10:11:12Z, 2026-05-04T10:11, 2026-05-04 or 10:11\n")]
    [InlineData("--since 1h --until 2h", "error: --since 1h must be before --until 2h\n")]
    [InlineData("--since 1h --until 1h", "error: --since 1h must be before --until 1h\n")]
    [InlineData("--since 2026-05-05", "error: --since 2026-05-05 is in the future\n")]
    [InlineData("--since 1h", "error: the relay is of an older version, which keeps no history. Try: kubectl depmap install\n")]
    public async Task Map_refuses_a_period_that_cannot_be(string args, string error)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(new PluginRun(1, "", error), await PluginRun.Of(["map", "--relay", relay.Address, .. args.Split(' ')]));
    }

    [Fact]
    public async Task Map_prints_a_table_by_default_or_JSON()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        relay.Map.UnmappedFlows = 4;
        (relay.Map.HiddenProbes, relay.Map.HiddenDepmap, relay.Map.HiddenMulticast) = (12, 2, 1);
        PluginRun table = await PluginRun.Of("map", "-n", "shop", "--port", "80", "--top", "2", "--relay", relay.Address);
        Assert.StartsWith("CLIENT ", table.Output);
        Assert.Equal(
            "edges not shown: 12 of probes (--include-probes), 2 of Depmap (--include-depmap), 1 of multicast (--include-multicast), "
            + "4 beyond --top\nlost: 4 flows the map had no room for\n",
            table.Error);
        Assert.Equal(0, table.ExitCode);
        Assert.Equal(new MapRequest { Filter = new Filter { Namespaces = { "shop" }, Ports = { 80 } } }, relay.Mapped);

        relay.Map.CountedFromUnixNs = Examples.Time; // a program reads it in the output
        relay.Map.UnmappedFlows = 0;
        PluginRun json = await PluginRun.Of("map", "--include-probes", "--include-depmap", "-o", "json", "--relay", relay.Address);
        Assert.Equal(new MapRequest { Filter = new Filter { IncludeProbes = true, IncludeDepmap = true } }, relay.Mapped);
        Assert.Equal("", json.Error);
        using JsonDocument map = JsonDocument.Parse(json.Output);
        Assert.Equal(Examples.Edges.Count(), map.RootElement.GetProperty("edges").GetArrayLength());
    }

    [Fact]
    public async Task Names_and_messages_of_the_relay_on_stderr_are_escaped()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        var gap = new ObservationGap { Node = "n\e[2J1\u202e", ToUnixNs = 1 };
        relay.Map.Gaps.Add(gap);
        relay.Status.Gaps.Add(gap);
        relay.Status.Nodes = 2;
        relay.Status.UnobservedNodes.Add(new UnobservedNode { Name = "m\e[31m", Reason = "gone\u0007" });
        relay.Failure = new RpcException(new Status(StatusCode.InvalidArgument, "bad\e[31m\nline"));
        string map = (await PluginRun.Of("map", "--relay", relay.Address)).Error;
        string observe = (await PluginRun.Of("observe", "--relay", relay.Address)).Error;
        Assert.Contains("n\\u001b[2J1\\u202e was not observed", map);
        Assert.Contains("m\\u001b[31m (gone\\u0007)", observe);
        Assert.DoesNotContain('\e', map + observe);
        Assert.DoesNotContain('\u202e', map + observe);
    }

    [Fact]
    public async Task Map_and_observe_state_which_nodes_had_no_agent()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        ObservationGap[] gaps = [Gap("n2", 0, 3), Gap("n1", 5, 12), Gap("n1", 20, 24.5), Gap("n3", 0, 2), Gap("n4", 0, 1)];
        relay.Map.Gaps.Add(gaps);
        relay.Status.Gaps.Add(gaps);
        const string Line = "n1 was not observed for 12 s in the last hour, n2 for 3 s, n3 for 2 s, and 1 more\n";
        Assert.Equal(Line, (await PluginRun.Of("map", "--relay", relay.Address)).Error);
        Assert.Equal(Line + "No flows yet.\n", (await PluginRun.Of("observe", "--relay", relay.Address)).Error);
        Assert.Equal("", (await PluginRun.Of("observe", "--last", "0", "--relay", relay.Address)).Error);
        PluginRun recent = await PluginRun.Of("observe", "--since", "2026-05-04T10:11:32Z", "--relay", relay.Address);
        Assert.Equal("n1 was not observed for 5 s in the last hour\nNo flows match.\n", recent.Error);

        static ObservationGap Gap(string node, double from, double to) => new()
        {
            Node = node,
            FromUnixNs = Examples.Time + (long)(from * 1_000_000_000),
            ToUnixNs = Examples.Time + (long)(to * 1_000_000_000),
        };
    }

    [Fact]
    public async Task An_empty_map_is_reported_on_stderr()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(new PluginRun(0, "", "No edges found.\n"), await PluginRun.Of("map", "--relay", relay.Address));
        Assert.Equal(
            new PluginRun(
                0, "{\n  \"version\": 1,\n  \"time\": \"2026-05-04T10:15:00.000000000Z\",\n  \"edges\": []\n}\n", "No edges found.\n"),
            await PluginRun.Of("map", "-o", "json", "--relay", relay.Address));
        Assert.Equal(
            new PluginRun(0, "version: 1\ntime: \"2026-05-04T10:15:00.000000000Z\"\nedges: []\n", "No edges found.\n"),
            await PluginRun.Of("map", "-o", "yaml", "--relay", relay.Address));
        Assert.Equal(new PluginRun(0, "", "No edges found.\n"), await PluginRun.Of("map", "-o", "name", "--relay", relay.Address));
    }

    [Fact]
    public async Task Version_prints_the_versions_of_this_client_and_of_the_relay()
    {
        string client = Depmap.Common.ProductVersion.Text;
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(new PluginRun(0, $"Client Version: {client}\n", ""), await PluginRun.Of("version", "--client"));
        Assert.Equal(
            new PluginRun(1, $"Client Version: {client}\n", "error: cannot reach a cluster\n"), await PluginRun.Of("version"));
        Assert.Equal(
            new PluginRun(1, $$"""{"client_version":"{{client}}"}""" + "\n", "error: cannot reach a cluster\n"),
            await PluginRun.Of("version", "-o", "json"));
        Assert.Equal(
            new PluginRun(0, $"Client Version: {client}\nRelay Version: 9.8.7\n", ""),
            await PluginRun.Of("version", "--relay", relay.Address));
        Assert.Equal(
            new PluginRun(0, $$"""{"client_version":"{{client}}","relay_version":"9.8.7"}""" + "\n", ""),
            await PluginRun.Of("version", "-o", "json", "--relay", relay.Address));
    }

    [Fact]
    public async Task A_failed_write_is_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        using var full = new FullDisk();
        PluginRun run = await PluginRun.Of(["observe", "--relay", relay.Address], [], full);
        Assert.Equal((ExitCode.Failure, "error: cannot write to stdout: No space left on device\n"), (run.ExitCode, run.Error));
    }

    private sealed class FirstWrite(Action written) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            written();
        }
    }

    private sealed class FullDisk : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("No space left on device");
    }
}
