using YamlDotNet.RepresentationModel;

namespace Depmap.Dist.Tests;

/// <summary>Krew's manifest: krew-manifest.yaml as krew-release-bot reads it, rendered by <c>make dist</c>.</summary>
[Collection(nameof(Release))]
public sealed class KrewTests(Release release)
{
    private static readonly string Template = Installation.File("krew-manifest.yaml");

    [Fact]
    public async Task The_template_has_the_placeholders_of_krew_release_bot_for_every_platform()
    {
        string text = await File.ReadAllTextAsync(Template);
        foreach (Platform platform in Platform.All)
        {
            Assert.Contains(
                $$$"""
                  - selector:
                      matchLabels:
                        os: {{{platform.System}}}
                        arch: {{{platform.Architecture}}}
                    {{addURIAndSha "{{{await DownloadsAsync()}}}/{{ .TagName }}/{{{platform.Archive}}}" .TagName }}
                    bin: {{{platform.Program}}}

                """,
                text,
                StringComparison.Ordinal);
        }

        Assert.Equal(Platform.All.Length, text.Split("addURIAndSha").Length - 1);
        Assert.Contains("\n  version: {{ .TagName }}\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rendered_manifest_has_the_address_and_sum_of_each_archive()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Release.File("krew-manifest.yaml"))));
        YamlNode spec = yaml.Documents[0].RootNode["spec"];
        Dictionary<string, string> sums = Release.Sums();
        string downloads = await DownloadsAsync();

        Assert.Equal($"v{release.Version}", spec["version"].ToString());
        Assert.Equal(
            Platform.Built.Select(platform => string.Join(
                ' ',
                platform.System,
                platform.Architecture,
                $"{downloads}/v{release.Version}/{platform.Archive}",
                sums[platform.Archive],
                platform.Program)),
            ((YamlSequenceNode)spec["platforms"]).Select(platform => string.Join(
                ' ',
                platform["selector"]["matchLabels"]["os"],
                platform["selector"]["matchLabels"]["arch"],
                platform["uri"],
                platform["sha256"],
                platform["bin"])));
    }

    [Fact]
    public async Task Krew_validates_the_manifest_and_installs_and_uninstalls_the_plugin()
    {
        using var home = new TemporaryFolder();
        Run run = await Run.ScriptAsync(
            $$"""
            set -euo pipefail
            export LC_ALL=C HOME={{home.Path}} PATH={{home.Path}}:{{home.Path}}/.krew/bin:{{release.Tools}}:$PATH
            ln -s {{release.Tools}}/krew $HOME/kubectl-krew
            # Krew uninstalls nothing without an index. It would clone one; here an empty one will do.
            git init -q $HOME/.krew/index/default && mkdir $HOME/.krew/index/default/plugins
            cp {{Release.File("krew-manifest.yaml")}} $HOME/depmap.yaml # Krew's index names the file after the plugin
            validate-krew-manifest -manifest $HOME/depmap.yaml -skip-install
            kubectl krew install --manifest $HOME/depmap.yaml --archive {{Release.File("kubectl-depmap_linux_amd64.tar.gz")}} </dev/null
            {
              kubectl depmap version --client
              ls $HOME/.krew/store/depmap/*/
              # What the manifest says about completion.
              eval "$(grep '^ *cp ' $HOME/depmap.yaml)"
              command -v kubectl_complete-depmap
              kubectl krew uninstall depmap >&2
              ls $HOME/.krew/bin
            } >$HOME/output
            cat $HOME/output
            """);

        string version = (await Run.ScriptAsync($"{Installation.Plugin} version --client")).Succeeded();
        Assert.Equal(
            $"""
            {version}LICENSE
            depmap
            kubectl-depmap
            kubectl_complete-depmap
            {home.Path}/.krew/bin/kubectl_complete-depmap
            kubectl_complete-depmap

            """,
            run.Succeeded()[run.Output.IndexOf(version, StringComparison.Ordinal)..]);
        Assert.Contains("Installed plugin: depmap", run.Error, StringComparison.Ordinal);
    }

    private static async Task<string> DownloadsAsync() =>
        $"https://github.com/{(await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} Repository")).Succeeded().Trim()}"
        + "/releases/download";
}
