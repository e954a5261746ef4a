using System.Text.RegularExpressions;

namespace Depmap.Cluster.Tests;

/// <summary>The README's commands on a cluster work as they stand there, in their order.</summary>
[Collection(nameof(Kubernetes))]
public sealed partial class ReadmeTests(Kubernetes cluster)
{
    [Fact]
    public async Task Its_commands_on_a_cluster_run_and_leave_nothing()
    {
        string[] commands = [.. CommandOnCluster().Matches(await File.ReadAllTextAsync(Installation.File("README.md"))).Select(match => match.Value)];
        Assert.Equal(["try", "install", "status", "uninstall"], commands.Select(command => command.Split(' ')[2]));
        foreach (string command in commands)
        {
            // A quick look goes on until Ctrl-C.
            string end = command.Contains(" try ", StringComparison.Ordinal) ? "timeout --foreground --preserve-status --signal=INT 15" : "";
            Assert.NotEmpty(await cluster.RunAsync($"{end} {command} 2>&1"));
        }

        Assert.Equal("", await cluster.RunAsync("kubectl get namespace,clusterrole,clusterrolebinding -o name -l app.kubernetes.io/name=depmap"));
    }

    [Fact]
    public async Task Its_command_for_Helm_installs()
    {
        string command = Assert.Single(await File.ReadAllLinesAsync(Installation.File("README.md")), line => line.StartsWith("helm ", StringComparison.Ordinal));
        await cluster.RunAsync($"""
            {Kubernetes.Scripts}/unpack helm >/dev/null
            cd {Installation.Root}
            scripts/chart.sh
            {command}
            kubectl -n depmap rollout status deployment/depmap-relay --timeout=60s
            helm uninstall depmap --wait
            """);
    }

    [GeneratedRegex("^kubectl depmap (try|install|status|uninstall)[^#\n]*", RegexOptions.Multiline)]
    private static partial Regex CommandOnCluster();
}
