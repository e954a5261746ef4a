using System.Text.RegularExpressions;

namespace Depmap.Cluster.Tests;

/// <summary>The commands that the README gives for a cluster work, in their order.</summary>
[Collection(nameof(Kubernetes))]
public sealed partial class ReadmeTests(Kubernetes cluster)
{
    [Fact]
    public async Task The_commands_for_a_cluster_succeed_and_leave_nothing()
    {
        string readme = await File.ReadAllTextAsync(Installation.File("README.md"));
        string[] commands = [.. CommandOnCluster().Matches(readme).Select(match => match.Value)];
        Assert.Equal(["try", "install", "status", "uninstall"], commands.Select(command => command.Split(' ')[2]));
        foreach (string command in commands)
        {
            // A trial runs until Ctrl-C.
            bool isTrial = command.Contains(" try ", StringComparison.Ordinal);
            string prefix = isTrial ? "timeout --foreground --preserve-status --signal=INT 15" : "";
            Assert.NotEmpty(await cluster.RunAsync($"{prefix} {command} 2>&1"));
        }

        Assert.Empty(await cluster.RunAsync(
            "kubectl get namespace,clusterrole,clusterrolebinding -o name -l app.kubernetes.io/name=depmap"));
    }

    [Fact]
    public async Task The_command_for_Helm_succeeds()
    {
        string[] readme = await File.ReadAllLinesAsync(Installation.File("README.md"));
        string command = Assert.Single(readme, line => line.StartsWith("helm ", StringComparison.Ordinal));
        await cluster.RunAsync($"""
            {Kubernetes.Scripts}/unpack helm >/dev/null
            cd {Installation.Root}
            REGISTRY=localhost scripts/chart.sh
            {command}
            kubectl -n depmap rollout status deployment/depmap-relay --timeout=60s
            helm uninstall depmap --wait
            """);
    }

    [GeneratedRegex("^kubectl depmap (try|install|status|uninstall)[^#\n]*", RegexOptions.Multiline)]
    private static partial Regex CommandOnCluster();
}
