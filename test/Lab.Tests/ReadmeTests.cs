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

        await using Cluster lab = await Cluster.UpAsync("test/lab/shop.lab");
        await Wait.TryUntilAsync(async () => (await lab.EdgesAsync()).Count == 8);
        string folder = Directory.CreateDirectory($"{lab.State}/path").FullName;
        // No kubectl is needed: kubectl depmap ARGUMENTS is kubectl-depmap ARGUMENTS.
        await File.WriteAllTextAsync($"{folder}/kubectl", $"#!/bin/sh\nshift\nexec {Installation.Plugin} \"$@\"\n");
        File.SetUnixFileMode($"{folder}/kubectl", UnixFileMode.UserRead | UnixFileMode.UserExecute);

        foreach (string command in commands)
        {
            // A command that follows flows runs until Ctrl-C.
            Run run = await Run.ScriptAsync($"""
                cd {Installation.Root}
                export PATH={folder}:$PATH DEPMAP_SERVER=127.0.0.1:9470
                timeout --preserve-status --signal=INT 3 ip netns exec dm-{lab.Name}-a bash -o pipefail -c '{command.Replace("'", @"'\''")}'
                """);
            Assert.True(run.ExitCode == 0 && run.Error.Length == 0 && run.Output.Length > 0, $"{command}\n{run}");
        }
    }

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("^(kubectl depmap (observe|map|version)|make help)")]
    private static partial Regex CommandOnRelay();
}
