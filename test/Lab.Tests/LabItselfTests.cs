using System.Diagnostics;

namespace Depmap.Lab.Tests;

/// <summary>The commands of the lab.</summary>
public sealed class LabItselfTests
{
    private const string Table = "test/Lab.Tests/tables/load.lab";

    [Fact]
    public async Task Up_replaces_a_running_lab_and_down_leaves_nothing_and_may_be_repeated()
    {
        await using RunningLab lab = await RunningLab.UpAsync(Table, "--no-agents --no-relay");
        Run again = await lab.CommandAsync($"up --no-agents --no-relay {Installation.File(Table)}");
        Assert.Equal(new Run(0, $"lab {lab.Name} is up: 4 pods on 2 nodes, state in {lab.State}\n", ""), again);
        Assert.NotEqual("", await LeftAsync(lab));

        Assert.Equal(new Run(0, "", ""), await lab.CommandAsync("down"));
        Assert.Equal("", await LeftAsync(lab));
        Assert.Equal(new Run(0, "", ""), await lab.CommandAsync("down"));
        Assert.Equal(new Run(1, "", $"error: lab {lab.Name} is not up\n"), await lab.CommandAsync("status"));
    }

    [Fact]
    public async Task It_is_removed_within_3_seconds_after_its_owner_ends()
    {
        using Process owner = Process.Start("sleep", "600");
        await using RunningLab lab = await RunningLab.UpAsync(Table, $"--owner {owner.Id}");
        Assert.NotEqual("", await LeftAsync(lab));

        owner.Kill();
        await owner.WaitForExitAsync();
        var watch = Stopwatch.StartNew();
        string left = "";
        await Wait.TryUntilAsync(async () => (left = await LeftAsync(lab)).Length == 0);

        Assert.Equal("", left);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task It_is_removed_when_up_is_killed_half_way()
    {
        await using RunningLab lab = await RunningLab.UpAsync(Table, "--no-agents --no-relay");
        using Process up = Run.Start($"exec {Installation.File("test/lab/lab")} --name {lab.Name} up {Installation.File(Table)}");
        await Wait.UntilAsync(() => IsHalfUp(lab, up.Id));
        up.Kill();

        string left = "";
        await Wait.TryUntilAsync(async () => (left = await LeftAsync(lab)).Length == 0);
        Assert.Equal("", left);
    }

    [Theory]
    [InlineData("--name Lab up", "the name of a lab is 1 to 8 lower case letters and digits, not \"Lab\"")]
    [InlineData("--name nosuch exec web true", "lab nosuch has no web")]
    [InlineData("--name nosuch stop agent", "lab nosuch is not up")]
    [InlineData("--name nosuch up --owner 0 no.lab", "--owner needs the PID of a running process")]
    [InlineData("upp", "unknown command upp. Try: lab help")]
    public async Task An_invalid_command_is_one_error(string arguments, string error) =>
        Assert.Equal(new Run(1, "", $"error: {error}\n"), await Run.ScriptAsync($"{Installation.File("test/lab/lab")} {arguments}"));

    // The state of the lab before is gone, and the new one has namespaces but is not ready.
    private static bool IsHalfUp(RunningLab lab, int up) =>
        File.Exists($"{lab.State}/up") && File.ReadAllText($"{lab.State}/up").StartsWith($"{up} ", StringComparison.Ordinal)
        && Directory.GetFiles("/run/netns", $"dm-{lab.Name}-*").Length > 2;

    /// <summary>Namespaces, links, files and processes that a lab has.</summary>
    private static async Task<string> LeftAsync(RunningLab lab) => (await Run.ScriptAsync($$"""
        ip netns | grep "^dm-{{lab.Name}}-"
        ip -o link | grep "dm-{{lab.Name}}-"
        ls -d {{lab.State}} /etc/netns/dm-{{lab.Name}}-* 2>/dev/null
        # The environment of its programs has its name; that of this script has not.
        grep -lsz "^DEPMAP_LAB={{lab.Name}}$" /proc/[0-9]*/environ
        true
        """)).Succeeded();
}
