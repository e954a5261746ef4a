using System.Text;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Tests;

public sealed class MapWatchTests
{
    [Fact]
    public async Task In_a_pipe_maps_follow_each_other_and_Ctrl_C_ends_them_quietly()
    {
        (PluginRun run, string output) = await WatchAsync(isTerminal: false);
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal("edges not shown: 1 of probes (--include-probes)\n", run.Error);
        string[] maps = output.Split("\n\n");
        Assert.Equal(2, maps.Length);
        Assert.Equal(maps[0] + "\n", maps[1]);
        Assert.StartsWith("CLIENT ", maps[0]);
    }

    [Fact]
    public async Task On_a_terminal_maps_replace_each_other_with_the_notes_above()
    {
        (PluginRun run, string output) = await WatchAsync(isTerminal: true);
        Assert.Equal(new PluginRun(0, "", ""), run);
        string[] maps = output.Split("\e[J");
        Assert.Equal(3, maps.Length);
        Assert.StartsWith("\e[2J\e[Hedges not shown: ", maps[0]);
        Assert.StartsWith("\e[Hedges not shown: ", maps[1]);
        Assert.All(maps[..2], map => Assert.Contains("shop/cart", map));
        Assert.Equal("", maps[2]);
    }

    [Fact]
    public async Task A_lost_relay_and_an_API_server_that_fails_for_a_moment_do_not_end_it()
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Stream? forwarded = null;
        int searches = 0, forwards = 0;
        var server = new FakeApiServer
        {
            Answer = request => request.Contains("/pods", StringComparison.Ordinal) && ++searches == 2
                ? throw new ApiException("cannot reach the API server") : null,
            Forward = async _ => ++forwards == 2
                ? throw new ForwardException(404, "pods not found") : forwarded = await relay.ConnectAsync(),
        };
        RelayInClusterTests.AddRelay(server);
        using var output = new CountingStream(stop) { AfterFirst = () => forwarded!.Dispose() };

        PluginRun run = await PluginRun.Of(["map", "--watch"], [], output, server: server, cancellationToken: stop.Token);

        Assert.Equal((0, 3), (run.ExitCode, searches));
        Assert.Contains("cannot reach the API server Trying again.\n", run.Error);
    }

    private static async Task<(PluginRun Run, string Output)> WatchAsync(bool isTerminal)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        relay.Map.Edges.AddRange(Examples.Edges);
        relay.Map.HiddenProbes = 1;
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var output = new CountingStream(stop);
        PluginRun run = await PluginRun.Of(
            ["map", "--watch", "--relay", relay.Address], new() { ["NO_COLOR"] = "1" }, output, isTerminal, cancellationToken: stop.Token);
        return (run, Encoding.UTF8.GetString(output.ToArray()));
    }

    /// <summary>Presses Ctrl-C after the second write.</summary>
    private sealed class CountingStream(CancellationTokenSource stop) : MemoryStream
    {
        private int _writes;

        public Action AfterFirst { get; init; } = () => { };

        // Also called for spans, by the base of a derived stream.
        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            if (++_writes == 1)
                AfterFirst();
            else if (_writes == 2)
                stop.Cancel();
        }
    }
}
