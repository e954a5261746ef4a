namespace Depmap.Dist.Tests;

/// <summary>Homebrew's formula, made of packaging/homebrew/depmap.rb by <c>make dist</c>.</summary>
[Collection(nameof(Release))]
public sealed class HomebrewTests(Release release)
{
    private static readonly string Brew = Installation.File("test/Dist.Tests/brew.rb");
    private static readonly string Formula = Release.File("depmap.rb");

    [Fact]
    public async Task The_formula_and_its_template_are_Ruby()
    {
        string template = Installation.File("packaging/homebrew/depmap.rb");
        Assert.Equal("Syntax OK\nSyntax OK\n", (await Run.ScriptAsync($"ruby -wc {Formula} && ruby -wc {template}")).Succeeded());
        Assert.DoesNotContain("@", await File.ReadAllTextAsync(Formula), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_addresses_and_sums_are_those_of_the_archives()
    {
        string repository = (await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} Repository")).Succeeded().Trim();
        Dictionary<string, string> sums = Release.Sums();
        IEnumerable<string> expected =
            from system in (string[])["darwin", "linux"]
            from architecture in (string[])["amd64", "arm64"]
            let archive = $"kubectl-depmap_{system}_{architecture}.tar.gz"
            let url = $"https://github.com/{repository}/releases/download/v{release.Version}/{archive}"
            select $"{system} {architecture} {url} {sums[archive]}\n";
        Assert.Equal(string.Concat(expected), (await Run.ScriptAsync($"ruby {Brew} urls {Formula}")).Succeeded());
    }

    [Fact]
    public async Task The_formula_installs_both_names_and_the_completions_and_its_test_passes()
    {
        using var folder = new TemporaryFolder();
        string output = (await Run.ScriptAsync(
            $"""
            set -euo pipefail
            ruby {Brew} install {Formula}
            cd {folder.Path}
            find . -type f -o -type l | LC_ALL=C sort
            bin/depmap version --client
            bash -n etc/bash_completion.d/depmap
            """,
            new Dictionary<string, string> { ["PREFIX"] = folder.Path, ["ARCHIVES"] = Release.Folder })).Succeeded();
        string version = (await Run.ScriptAsync($"{Installation.Plugin} version --client")).Succeeded();
        Assert.Equal(
            $"""
            ./bin/depmap
            ./bin/kubectl-depmap
            ./bin/kubectl_complete-depmap
            ./etc/bash_completion.d/depmap
            ./share/fish/vendor_completions.d/depmap.fish
            ./share/zsh/site-functions/_depmap
            {version}
            """,
            output);
    }
}
