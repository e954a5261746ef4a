using System.Text.RegularExpressions;

namespace Depmap.Lab.Tests;

/// <summary>The commands in the README that ask the relay work. Cluster.Tests has those that need a cluster.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public async Task Its_commands_run()
    {
        string[] commands = [.. ShellBlock().Matches(await File.ReadAllTextAsync(Installation.File("README.md")))
            .SelectMany(block => block.Groups[1].Value.Split('\n'))
            .Select(line => line.Trim())
            .Where(line => CommandOnRelay().IsMatch(line))];
        Assert.Contains(commands, command => command.Contains("observe"));
        Assert.Contains(commands, command => command.Contains("map"));

        await using RunningLab lab = await RunningLab.UpAsync("test/lab/shop.lab");
        await Wait.TryUntilAsync(async () => (await lab.EdgesAsync()).Count == 8);
        string folder = Directory.CreateDirectory($"{lab.State}/path").FullName;
        // No kubectl is needed: kubectl depmap ARGUMENTS is kubectl-depmap ARGUMENTS.
        await File.WriteAllTextAsync($"{folder}/kubectl", $"#!/bin/sh\nshift\nexec {Installation.Plugin} \"$@\"\n");
        File.SetUnixFileMode($"{folder}/kubectl", UnixFileMode.UserRead | UnixFileMode.UserExecute);

        foreach (string command in commands)
        {
            // A command that follows flows or serves a page runs until Ctrl-C.
            Run run = await Run.ScriptAsync($"""
                cd {(command.StartsWith("make", StringComparison.Ordinal) ? Installation.Root : folder)}
                export PATH={folder}:$PATH DEPMAP_RELAY=127.0.0.1:9470
                timeout --preserve-status --signal=INT 3 ip netns exec dm-{lab.Name}-a bash -o pipefail -c '{command.Replace("'", @"'\''")}'
                """);
            bool hasOnlyNotes = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).All(line => Note().IsMatch(line));
            bool isDiff = command.Contains(" diff ", StringComparison.Ordinal); // 1: something differs
            bool isQuiet = isDiff || command.Contains(" --check ", StringComparison.Ordinal)
                || command.Contains(" > ", StringComparison.Ordinal);
            bool hasOutput = run.Output.Length > 0 || isQuiet;
            Assert.True((run.ExitCode == 0 || (isDiff && run.ExitCode == 1)) && hasOnlyNotes && hasOutput, $"{command}\n{run}");
        }
    }

    // What a table of the map counts and does not show, and what a page waits for.
    [GeneratedRegex("^((live: )?counted (since|from) |edges not shown: |No differences|Open this link |4 policies would forbid 0 of )")]
    private static partial Regex Note();

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("^(kubectl depmap (observe|map|ui|diff|why|policy|version)|make help)")]
    private static partial Regex CommandOnRelay();
}
