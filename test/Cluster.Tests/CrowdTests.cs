namespace Depmap.Cluster.Tests;

/// <summary>The relay beside a real API server with thousands of pods, both on this machine. Starts a cluster of its own.</summary>
public sealed class CrowdTests
{
    [Fact]
    public async Task The_relay_names_5000_pods_within_its_limits_of_time_and_memory()
    {
        string bench = Installation.File("test/bench/bench");
        Run run = await Run.ScriptAsync($"{bench} crowd --pods 5000", null, TimeSpan.FromMinutes(8));
        string[] lines = run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.EndsWith(" ok", line, StringComparison.Ordinal));
    }
}
