namespace Depmap.Cluster.Tests;

/// <summary>What a release is made of, as Krew takes it.</summary>
public sealed class DistTests
{
    private static readonly string Dist = Installation.File("out/dist");

    [Fact]
    public async Task Krew_finds_the_manifest_valid_installs_the_archive_and_removes_it()
    {
        string tools = (await Run.ScriptAsync($"{Kubernetes.Scripts}/unpack kube krew validate-krew-manifest")).Succeeded().Trim();
        // As the README says it.
        string readme = await File.ReadAllTextAsync(Installation.File("README.md"));
        string build = Line(readme, "make dist ");
        string install = Line(readme, "kubectl krew install ");
        Run run = await Run.ScriptAsync(
            $$"""
            set -euo pipefail
            work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            export KREW_ROOT=$work/krew PATH={{tools}}:$work/krew/bin:$PATH
            # Krew uninstalls nothing before it has an index; an empty one stands for what it would clone.
            git init -q $KREW_ROOT/index/default && mkdir $KREW_ROOT/index/default/plugins
            cd {{Installation.Root}}
            {{build}} >/dev/null
            (cd {{Dist}} && sha256sum --check --quiet SHA256SUMS)
            cp {{Dist}}/krew-manifest.yaml $work/depmap.yaml # Krew's index names the file after the plugin
            validate-krew-manifest -manifest $work/depmap.yaml -skip-install
            ln -s {{tools}}/krew $work/kubectl-krew; PATH=$work:$PATH
            {{install}} </dev/null
            kubectl depmap version >$work/version
            ls $KREW_ROOT/store/depmap/*/ >>$work/version
            krew uninstall depmap
            ls $KREW_ROOT/bin >>$work/version
            echo ===; cat $work/version
            """,
            timeout: TimeSpan.FromMinutes(5)); // it may have to be published first

        string version = (await Run.ScriptAsync($"{Installation.Plugin} version")).Succeeded();
        Assert.Equal(version + "LICENSE\nkubectl-depmap\n", run.Succeeded().Split("===\n")[^1]);
        Assert.Contains("Installed plugin: depmap", run.Error, StringComparison.Ordinal);
    }

    private static string Line(string text, string start) =>
        Assert.Single(text.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));

    [Fact]
    public async Task The_same_program_makes_the_same_archives()
    {
        string sums = (await Run.ScriptAsync(
            $"cd {Installation.Root} && scripts/dist.sh >/dev/null && cat {Dist}/SHA256SUMS && sleep 1 && scripts/dist.sh >/dev/null && cat {Dist}/SHA256SUMS"))
            .Succeeded();
        string[] lines = sums.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[..(lines.Length / 2)], lines[(lines.Length / 2)..]);
    }
}
