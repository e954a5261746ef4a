namespace Depmap.Cluster.Tests;

/// <summary>Thousands of pods on a real API server, which shares this machine's cores with the relay. A cluster of its own.</summary>
public sealed class CrowdTests
{
    [Fact]
    public async Task The_names_of_5000_pods_are_known_in_time_and_within_bounds()
    {
        string figures = (await Run.ScriptAsync($"{Installation.File("test/bench/bench")} crowd --pods 5000", timeout: TimeSpan.FromMinutes(8))).Succeeded();
        string[] lines = figures.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.EndsWith(" ok", line, StringComparison.Ordinal));
    }
}
