using Depmap.Common;
using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;
using Depmap.V1;

namespace Depmap.Plugin.Tests.Diff;

public sealed class DiffCommandTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly TemporaryFolder _folder = new();

    private static long Now => PluginRun.Now.ToUnixTimeSeconds() * Second;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_exit_code_says_whether_files_differ()
    {
        string map = _folder.Write("map.json", MapJson.Write(MapFields.Of([.. Examples.Edges], default)));
        string empty = _folder.Write("empty.json", MapJson.Write(MapFields.Of([], default)));

        Assert.Equal(new PluginRun(0, "", "No differences.\n"), await PluginRun.Of("diff", map, map));
        PluginRun gone = await PluginRun.Of("diff", map, empty);
        Assert.Equal((ExitCode.Different, ""), (gone.ExitCode, gone.Error));
        Assert.Equal(1 + Examples.Edges.Count(), gone.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(0, (await PluginRun.Of("diff", map, empty, "--ignore", "*")).ExitCode);
        Assert.StartsWith("{\n  \"equal\": false", (await PluginRun.Of("diff", map, empty, "-o", "json")).Output);
        Assert.StartsWith("| CHANGE |", (await PluginRun.Of("diff", map, empty, "-o", "markdown")).Output);
    }

    [Fact]
    public async Task On_a_terminal_it_fits_the_window_in_color_and_in_a_pipe_it_is_whole()
    {
        string map = _folder.Write("map.json", MapJson.Write(MapFields.Of([.. Examples.Edges, .. HostileEdges.LongNames], default)));
        string empty = _folder.Write("empty.json", MapJson.Write(MapFields.Of([], default)));
        PluginRun shown = await PluginRun.Of(["diff", empty, map, "--color", "never"], [], isTerminal: true, width: 90);
        Assert.All(shown.Output.TrimEnd('\n').Split('\n'), line => Assert.InRange(DisplayWidth.Of(line), 1, 90));
        Assert.DoesNotContain('\e', shown.Output);
        Assert.Contains("\e[31m", (await PluginRun.Of(["diff", empty, map], [], isTerminal: true, width: 90)).Output);
        Assert.Contains("\e[31m", (await PluginRun.Of(["diff", empty, map, "--color", "always"], [], width: 90)).Output);
        PluginRun piped = await PluginRun.Of(["diff", empty, map], [], width: 90);
        Assert.Contains("shop/checkout-with-a-very-long-name-of-a-and-its-long-a-backend", piped.Output);
        Assert.DoesNotContain('\e', piped.Output);
    }

    [Fact]
    public async Task Live_is_what_the_relay_counts()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        string map = _folder.Write("map.json", MapJson.Write(MapFields.Of([.. Examples.Edges], default)));
        Assert.Equal(
            new PluginRun(0, "", "No differences.\n"), await PluginRun.Of("diff", map, "live", "--relay", relay.Address));
        Assert.Equal(new MapRequest(), relay.Mapped);
    }

    [Theory]
    [InlineData("--since 24h", 2 * 86400, 86400, 86400, 0)]
    [InlineData("--since 3h --until 1h", 5 * 3600, 3 * 3600, 3 * 3600, 3600)]
    [InlineData("2d..1d 24h..", 2 * 86400, 86400, 86400, 0)]
    public async Task Periods_are_requested_from_the_relay(string args, int sinceA, int untilA, int sinceB, int untilB)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.CountedFromUnixNs = 1;
        relay.Map.Edges.AddRange(Examples.Edges);
        PluginRun run = await PluginRun.Of(["diff", .. args.Split(' '), "--relay", relay.Address]);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal(
            [Request(sinceA, untilA), Request(sinceB, untilB)], relay.AllMapped);
    }

    [Fact]
    public async Task A_period_before_all_that_was_counted_cannot_be_compared()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.CountedFromUnixNs = UnixTime.Of(PluginRun.Now);
        relay.Map.CountedUntilUnixNs = relay.Map.CountedFromUnixNs - UnixTime.Minute;
        PluginRun run = await PluginRun.Of("diff", "--since", "24h", "--relay", relay.Address);

        Assert.Equal(
            new PluginRun(2, "", "error: nothing was counted before 2026-05-04 12:15:00, so there is nothing to compare with\n"), run);
    }

    [Theory]
    [InlineData("diff", "give two maps to compare, or --since")]
    [InlineData("diff live", "give two maps to compare, or --since")]
    [InlineData("diff live live --since 1h", "--since and files cannot be used together")]
    [InlineData("diff live live --until 1h", "--until requires --since")]
    [InlineData("diff --since 1h --until 2h", "--since 1h must be before --until 2h")]
    [InlineData("diff --since 2026-05-05", "--since 2026-05-05 is in the future")]
    [InlineData("diff - -", "only one of the two maps can come from stdin")]
    [InlineData("diff live soon..1h", "\"soon..1h\" is neither a file nor a period FROM..TO: use a duration such as ")]
    [InlineData("diff live 1h..2h", "the period \"1h..2h\" must begin before it ends")]
    [InlineData("diff live /nowhere/map.json", "cannot read /nowhere/map.json: ")]
    [InlineData("diff live live -o yaml", "invalid value \"yaml\" for --output: use table, json or markdown")]
    [InlineData("diff live live --ignore a->", "invalid value \"a->\" for --ignore: use END or CLIENT->SERVER")]
    [InlineData("diff live live live", "")]
    public async Task An_error_has_an_exit_code_of_its_own(string line, string error)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        PluginRun run = await PluginRun.Of([.. line.Split(' '), "--relay", relay.Address]);
        Assert.Equal((ExitCode.DiffFailure, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"error: {error}", run.Error);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_relay_that_cannot_be_reached_or_keeps_no_history_is_an_error()
    {
        Assert.Equal(ExitCode.DiffFailure, (await PluginRun.Of("diff", "live", "live", "--relay", "127.0.0.1:1")).ExitCode);
        await using FakeRelay relay = await FakeRelay.StartAsync();
        Assert.Equal(
            new PluginRun(2, "", "error: the relay is of an older version, which keeps no history. Try: kubectl depmap install\n"),
            await PluginRun.Of("diff", "--since", "24h", "--relay", relay.Address));
    }

    private static MapRequest Request(int since, int until) =>
        new() { SinceUnixNs = Now - (since * Second), UntilUnixNs = until == 0 ? 0 : Now - (until * Second) };
}
