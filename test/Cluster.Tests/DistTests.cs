namespace Depmap.Cluster.Tests;

/// <summary>The release archives and Krew's manifest.</summary>
public sealed class DistTests
{
    private static readonly string Dist = Installation.File("out/dist");

    [Fact]
    public async Task Krew_validates_the_manifest_and_installs_and_uninstalls_the_plugin()
    {
        string tools = (await Run.ScriptAsync($"{Kubernetes.Scripts}/unpack kube krew validate-krew-manifest")).Succeeded().Trim();
        // The commands of the README.
        string readme = await File.ReadAllTextAsync(Installation.File("README.md"));
        string build = LineOf(readme, "make dist ");
        string install = LineOf(readme, "kubectl krew install ");
        Run run = await Run.ScriptAsync(
            $$"""
            set -euo pipefail
            work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
            export KREW_ROOT=$work/krew PATH={{tools}}:$work/krew/bin:$PATH
            # Krew uninstalls nothing without an index. It would clone one; here an empty one will do.
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
            null,
            TimeSpan.FromMinutes(5)); // make dist may have to publish the plugin

        string version = (await Run.ScriptAsync($"{Installation.Plugin} version")).Succeeded();
        Assert.Equal(version + "LICENSE\nkubectl-depmap\n", run.Succeeded().Split("===\n")[^1]);
        Assert.Contains("Installed plugin: depmap", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_archives_are_reproducible()
    {
        string sums = (await Run.ScriptAsync(
            $"""
            cd {Installation.Root}
            scripts/dist.sh >/dev/null && cat {Dist}/SHA256SUMS
            sleep 1 # another time stamp
            scripts/dist.sh >/dev/null && cat {Dist}/SHA256SUMS
            """)).Succeeded();
        string[] lines = sums.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines[..(lines.Length / 2)], lines[(lines.Length / 2)..]);
    }

    private static string LineOf(string text, string start) =>
        Assert.Single(text.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal));
}
