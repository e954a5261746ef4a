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

        PluginRun run = await PluginRun.Of("observe", "--server", relay.Address);

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
    public async Task Observe_sends_the_options_to_the_relay()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await PluginRun.Of(
            "observe", "-n", "shop,pay", "--namespace", "kube-system", "--pod", "shop/web", "--service", "cart", "--verdict", "dropped",
            "--protocol", "TCP,udp", "--port", "80", "--port=443", "--last", "5", "--since", "5m", "--server", relay.Address);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
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
        await PluginRun.Of(["observe"], new() { ["DEPMAP_SERVER"] = relay.Address });
        Assert.Equal(new ObserveRequest { Filter = new Filter() }, relay.Observed);
    }

    [Fact]
    public async Task Last_0_is_different_from_no_last()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        await PluginRun.Of("observe", "--last", "0", "--server", relay.Address);
        Assert.True(relay.Observed!.HasLast);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, "1", false)]
    [InlineData(true, "", true)] // no-color.org: must not be empty
    [InlineData(false, null, false)]
    public async Task Compact_uses_color_only_on_a_terminal_that_supports_it(bool isTerminal, string? noColor, bool usesColor)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.DroppedWithDetail });
        Dictionary<string, string> variables = noColor is null ? [] : new() { ["NO_COLOR"] = noColor };
        PluginRun run = await PluginRun.Of(["observe", "-o", "compact", "--server", relay.Address], variables, isTerminal: isTerminal);
        Assert.Equal(usesColor, run.Output.Contains('\e'));
        Assert.StartsWith("12:11:12.132", run.Output.TrimStart('\e', '[', '2', 'm')); // local time, two hours ahead
    }

    [Fact]
    public async Task A_cancelled_follow_succeeds_with_complete_lines()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        using var stop = new CancellationTokenSource();
        using var output = new FirstWrite(stop.Cancel);

        PluginRun run = await PluginRun.Of(["observe", "-f", "--server", relay.Address], [], output, cancellationToken: stop.Token);

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
        Task<PluginRun> running = PluginRun.Of(["observe", "-f", "--server", relay.Address], [], output);
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
        PluginRun run = await PluginRun.Of("observe", "-f", "--server", relay.Address);
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
        PluginRun run = await PluginRun.Of("observe", "--server", relay.Address);
        Assert.Equal($"error: {error.Replace("ADDRESS", relay.Address)}\n", run.Error);
        Assert.Equal((ExitCode.Failure, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public async Task A_gRPC_server_that_is_not_a_relay_is_recognized()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync(isRelay: false);
        PluginRun run = await PluginRun.Of("map", "--server", relay.Address);
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
        PluginRun run = await PluginRun.Of("observe", "--server", $"{listener.LocalEndpoint}");
        Assert.Equal(
            $"error: cannot reach the relay at {listener.LocalEndpoint}: the server there does not speak gRPC. "
                + "Is this the relay's port for queries?\n",
            run.Error);
        Assert.Equal((ExitCode.Failure, ""), (run.ExitCode, run.Output));
        await server;
    }

    [Fact]
    public async Task Map_prints_a_table_by_default_or_JSON()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        relay.Map.UnmappedFlows = 4;
        PluginRun table = await PluginRun.Of("map", "-n", "shop", "--port", "80", "--server", relay.Address);
        Assert.StartsWith("CLIENT ", table.Output);
        Assert.Equal((0, "lost: 4 flows the map had no room for\n"), (table.ExitCode, table.Error));
        Assert.Equal(new MapRequest { Filter = new Filter { Namespaces = { "shop" }, Ports = { 80 } } }, relay.Mapped);

        PluginRun json = await PluginRun.Of("map", "--probes", "-o", "json", "--server", relay.Address);
        Assert.Equal(new MapRequest { Filter = new Filter(), Probes = true }, relay.Mapped);
        using JsonDocument map = JsonDocument.Parse(json.Output);
        Assert.Equal(Examples.Edges.Count(), map.RootElement.GetProperty("edges").GetArrayLength());
    }

    [Fact]
    public async Task An_empty_map_is_reported_on_stderr()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(new PluginRun(0, "", "No edges found.\n"), await PluginRun.Of("map", "--server", relay.Address));
        Assert.Equal(new PluginRun(0, "{\n  \"edges\": []\n}\n", ""), await PluginRun.Of("map", "-o", "json", "--server", relay.Address));
    }

    [Fact]
    public async Task Version_contacts_the_relay_only_if_its_address_is_given()
    {
        string client = Depmap.Common.ProductVersion.Text;
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(new PluginRun(0, $"Client Version: {client}\n", ""), await PluginRun.Of("version"));
        Assert.Equal(
            new PluginRun(0, $"Client Version: {client}\nRelay Version: 9.8.7\n", ""),
            await PluginRun.Of("version", "--server", relay.Address));
        Assert.Equal(
            new PluginRun(0, $$"""{"client_version":"{{client}}","relay_version":"9.8.7"}""" + "\n", ""),
            await PluginRun.Of("version", "-o", "json", "--server", relay.Address));
    }

    [Fact]
    public async Task A_failed_write_is_an_error()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.Add(new ObserveResponse { Flow = Examples.Forwarded });
        using var full = new FullDisk();
        PluginRun run = await PluginRun.Of(["observe", "--server", relay.Address], [], full);
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
