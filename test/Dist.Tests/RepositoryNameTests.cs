using System.Text.RegularExpressions;

namespace Depmap.Dist.Tests;

/// <summary>Files that repeat the names of Directory.Build.props agree with it.</summary>
public sealed partial class RepositoryNameTests
{
    [Fact]
    public async Task Every_address_of_the_repository_and_the_registry_is_that_of_the_properties()
    {
        string repository = await PropertyAsync("Repository");
        string registry = await PropertyAsync("ReleaseRegistry");
        string tap = await PropertyAsync("HomebrewTap");
        string output = (await Run.ScriptAsync(
            $"cd {Installation.Root} && git ls-files -- README.md install.sh krew-manifest.yaml packaging docs chart .github scripts"))
            .Succeeded();
        List<string> found = [];
        foreach (string file in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string text = await File.ReadAllTextAsync(Installation.File(file));
            found.AddRange(Repository().Matches(text).Select(match => match.Groups[1].Value));
            Assert.All(Repository().Matches(text), match => Assert.Equal((file, repository), (file, match.Groups[1].Value)));
            Assert.All(Registry().Matches(text), match => Assert.Equal((file, registry), (file, match.Value)));
            Assert.All(Tap().Matches(text), match => Assert.Equal((file, tap), (file, match.Value)));
        }

        Assert.NotEmpty(found);
        Assert.Equal("", await PropertyAsync("ImageRegistry")); // only a release has one
    }

    private static async Task<string> PropertyAsync(string name) =>
        (await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} {name}")).Succeeded().Trim();

    [GeneratedRegex(@"(?:github\.com|raw\.githubusercontent\.com)/([^/\s]+/depmap)\b")]
    private static partial Regex Repository();

    [GeneratedRegex(@"ghcr\.io/[\w-]+")]
    private static partial Regex Registry();

    [GeneratedRegex(@"[\w-]+/homebrew-[\w-]+")]
    private static partial Regex Tap();
}
