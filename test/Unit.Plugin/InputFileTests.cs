using System.Text;
using Depmap.V1;

namespace Depmap.Plugin.Tests;

/// <summary><c>observe --input-file</c>, and other options that end without a flow.</summary>
public sealed class InputFileTests
{
    private const string Line =
        """{"time":"2026-05-04T10:11:12.131415161Z","source":{"pod":"a","namespace":"shop"},"destination":{"ip":"192.0.2.1"}}""";

    [Fact]
    public async Task Recorded_flows_are_printed_in_any_format_without_a_relay()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("flows.json", $"{Line}\n\n{Line}\n");
        Assert.Equal(
            new PluginRun(0, "shop a\nshop a\n", ""),
            await PluginRun.Of("observe", "--input-file", file, "-o", "jsonpath={.source.namespace} {.source.pod}"));
        Assert.Equal(
            new PluginRun(0, "a\n", ""),
            await PluginRun.Of(["observe", "--input-file", "-", "-o=jsonpath={.source.pod}"], [], input: $"{Line}\n"));
    }

    [Fact]
    public async Task A_line_that_is_no_flow_is_named()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("flows.json", $"{Line}\nlost: 3\n");
        Assert.Equal(
            new PluginRun(1, "a\n", $"error: {file}, line 2 is not a flow as observe -o json prints it\n"),
            await PluginRun.Of("observe", "--input-file", file, "-o", "jsonpath={.source.pod}"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named()
    {
        PluginRun run = await PluginRun.Of("observe", "--input-file", "/nowhere/flows.json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("error: cannot read /nowhere/flows.json: ", run.Error);
    }

    [Theory]
    [InlineData("-n shop", "--namespace")]
    [InlineData("--not port=80", "--not")]
    [InlineData("-f", "--follow")]
    [InlineData("--last 3", "--last")]
    [InlineData("--since 5m", "--since")]
    [InlineData("--closes", "--closes")]
    public async Task Filters_need_a_relay(string flags, string named) => Assert.Equal(
        new PluginRun(1, "", $"error: --input-file cannot be used with {named}, which the relay evaluates\n"),
        await PluginRun.Of(["observe", "--input-file", "x", .. flags.Split(' ')]));

    [Fact]
    public async Task First_ends_a_follow()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Responses.AddRange(Examples.Flows.Select(flow => new ObserveResponse { Flow = flow }));
        PluginRun run = await PluginRun.Of("observe", "-f", "--first", "2", "--closes", "--relay", relay.Address);
        Assert.Equal((0, 2), (run.ExitCode, run.Output.Count(letter => letter == '\n')));
        Assert.Equal((2UL, true, true), (relay.Observed!.First, relay.Observed.Follow, relay.Observed.Closes));
    }
}
