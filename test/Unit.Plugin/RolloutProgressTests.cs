using Depmap.Plugin.Output;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

public sealed class RolloutProgressTests
{
    private readonly StringWriter _error = new() { NewLine = "\n" };

    [Fact]
    public void Outside_of_a_terminal_each_change_is_a_line()
    {
        RolloutProgress progress = Progress(isTerminal: false);
        progress.Report("agent on n1", "ContainerCreating");
        progress.Report("agent on n1", null);
        Assert.Equal("agent on n1: ContainerCreating\nagent on n1: ready\n", _error.ToString());
    }

    [Fact]
    public void A_terminal_that_cannot_move_the_cursor_gets_lines_as_well()
    {
        RolloutProgress progress = Progress(isTerminal: true, term: "dumb");
        progress.Report("relay", "no node yet");
        Assert.Equal("relay: no node yet\n", _error.ToString());
    }

    [Fact]
    public void On_a_terminal_the_lines_of_what_is_not_ready_are_updated()
    {
        RolloutProgress progress = Progress(isTerminal: true);
        progress.Report("relay on n1", "ContainerCreating");
        progress.Report("agent on n2", "ContainerCreating");
        progress.Report("agent on n2", null);
        progress.Report("relay on n1", null);
        Assert.Equal(
            "relay on n1: ContainerCreating\n"
            + "\e[1A\e[Jagent on n2: ContainerCreating\nrelay on n1: ContainerCreating\n"
            + "\e[2A\e[Jagent on n2: ready\nrelay on n1: ContainerCreating\n"
            + "\e[1A\e[Jrelay on n1: ready\n",
            _error.ToString());
    }

    [Fact]
    public void Lines_that_are_updated_fit_on_the_screen()
    {
        RolloutProgress progress = Progress(isTerminal: true);
        for (int node = 10; node < 30; node++)
            progress.Report($"agent on n{node}", "cannot pull the image localhost/depmap-agent:0.1.0");
        string[] last = _error.ToString().Split("\e[J")[^1].TrimEnd('\n').Split('\n');
        Assert.Equal(10, last.Length);
        Assert.Equal("agent on n10: cannot pull the image loc…", last[0]);
        Assert.Equal("and 11 more", last[^1]);
        Assert.All(last, line => Assert.InRange(line.Length, 1, 40));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slow_start_is_reported_once(bool isTerminal)
    {
        RolloutProgress progress = Progress(isTerminal);
        await progress.WaitAsync(Task.CompletedTask, "Checking.");
        Assert.Equal("", _error.ToString());
        await progress.WaitAsync(Task.Delay(TimeSpan.FromSeconds(0.8)), "Checking.");
        Assert.Equal("Checking.\n", _error.ToString());
        await progress.WaitAsync(Task.Delay(TimeSpan.FromSeconds(0.8)), "Checking.");
        Assert.Equal("Checking.\n", _error.ToString());
    }

    [Theory]
    [InlineData("install", "Checking the cluster.\n")]
    [InlineData("try --for 1s", "Checking the cluster.\nInstalling Depmap for a trial. ")]
    [InlineData("uninstall", "Looking for Depmap in the cluster.\n")]
    public async Task Commands_that_change_the_cluster_say_at_once_what_they_do(string command, string start)
    {
        await using FakeRelay relay = await FakeRelay.StartAsync();
        FakeApiServer server = FakeApiServer.Ready();
        server.Delay = TimeSpan.FromSeconds(1.5);
        PluginRun run = await PluginRun.Of(
            [.. command.Split(' '), "--relay", relay.Address], [], server: server, slowStart: TimeSpan.FromSeconds(0.2));
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith(start, run.Error);
    }

    private RolloutProgress Progress(bool isTerminal, string? term = "xterm") => new(
        new Terminal(Stream.Null, _error, isTerminal, () => 41, name => name == "TERM" ? term : null, TimeProvider.System)
        {
            ErrorIsTerminal = isTerminal,
        });
}
