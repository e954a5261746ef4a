using System.Diagnostics;
using System.Text.Json;

namespace Depmap.Lab.Tests;

/// <summary>The published plugin, started by a shell.</summary>
public sealed class PluginTests
{
    [Fact]
    public async Task A_refused_connection_is_one_error_within_5_seconds()
    {
        var watch = Stopwatch.StartNew();
        Run run = await Run.ScriptAsync(
            $"unshare -n bash -c 'ip link set lo up; exec {Installation.Plugin} observe --relay 127.0.0.1:9470'");
        const string error = "error: cannot reach the relay at 127.0.0.1:9470: connection refused. "
            + "Is the relay running, and is this its address?\n";
        Assert.Equal(new Run(1, "", error), run);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("observe --folow", "error: unknown flag --folow, did you mean --follow?\n")]
    [InlineData("status -o jsn", "error: invalid value \"jsn\" for --output: use table or json, did you mean json?\n")]
    [InlineData(
        "observe --verdict FORWARD",
        "error: invalid value \"FORWARD\" for --verdict: use FORWARDED or DROPPED, did you mean FORWARDED?\n")]
    [InlineData("map --protokoll TCP", "error: unknown flag --protokoll, did you mean --protocol?\n")]
    public async Task An_unknown_flag_or_value_is_one_error_with_a_suggestion(string arguments, string error) =>
        Assert.Equal(new Run(1, "", error), await Run.ScriptAsync($"{Installation.Plugin} {arguments}"));

    [Fact]
    public async Task A_closed_pipe_and_Ctrl_C_end_a_follow_quietly_with_complete_lines()
    {
        await using RunningLab lab = await RunningLab.UpAsync("test/lab/shop.lab");
        string observe = $"ip netns exec dm-{lab.Name}-a {Installation.Plugin} observe -f --relay 127.0.0.1:9470";

        Run closed = await Run.ScriptAsync($"{observe} | head -1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal((0, ""), (closed.ExitCode, closed.Error));
        Assert.EndsWith("}\n0\n", closed.Output);

        Run interrupted = await Run.ScriptAsync($"timeout --preserve-status --signal=INT 3 {observe}");
        Assert.Equal((0, ""), (interrupted.ExitCode, interrupted.Error));
        Assert.EndsWith("}\n", interrupted.Output);
        Assert.All(interrupted.Output.TrimEnd('\n').Split('\n'), line => JsonDocument.Parse(line).Dispose());
    }
}
