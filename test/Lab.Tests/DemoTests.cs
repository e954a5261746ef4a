namespace Depmap.Lab.Tests;

/// <summary>What <c>make demo</c> runs.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_prints_flows_and_a_map_and_leaves_pictures()
    {
        using var folder = new TemporaryFolder();
        Run run = await Run.ScriptAsync(
            Installation.File("test/lab/demo"),
            new Dictionary<string, string> { ["DEMO_SECONDS"] = "8", ["DEMO_MAPS"] = folder.Path });

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.StartsWith("{\"time\":", run.Output);
        Assert.Contains("\nCLIENT ", run.Output);
        Assert.Contains($"the same as a picture: {folder.Path}/map.html and {folder.Path}/map.svg\n", run.Error);
        string page = await File.ReadAllTextAsync(Path.Combine(folder.Path, "map.html"));
        Assert.StartsWith("<!doctype html>", page, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("<svg ", await File.ReadAllTextAsync(Path.Combine(folder.Path, "map.svg")));
    }
}
