using Microsoft.AspNetCore.Http;

namespace Depmap.Dist.Tests;

/// <summary>The three commands of the README that install the plugin, with servers on this machine in place of the public ones.</summary>
[Collection(nameof(Release))]
public sealed class ReadmeTests(Release release) : IAsyncLifetime
{
    private readonly TemporaryFolder _home = new();
    private FakeHttpServer? _server;

    public async Task InitializeAsync() => _server = await FakeHttpServer.StartAsync(context =>
    {
        string name = Path.GetFileName(context.Request.Path.Value!);
        return context.Response.SendFileAsync(name == "install.sh" ? Installation.File(name) : Release.File(name));
    });

    public async Task DisposeAsync()
    {
        await _server!.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task The_command_for_Krew_installs_the_plugin()
    {
        string command = await CommandAsync("kubectl krew install ");
        string output = await RunAsync($$"""
            export PATH={{_home.Path}}/.krew/bin:{{release.Tools}}:$PATH
            ln -s {{release.Tools}}/krew kubectl-krew; PATH=$HOME:$PATH
            # The index that Krew clones.
            git init -q index && mkdir index/plugins
            sed 's|https://github.com/.*/|{{_server!.Address}}|' {{Release.File("krew-manifest.yaml")}} >index/plugins/depmap.yaml
            git -C index add . && git -C index -c user.name=t -c user.email=t@t commit -qm t
            export KREW_DEFAULT_INDEX_URI=$HOME/index
            {{command}} >&2
            kubectl depmap version --client
            """);
        Assert.Equal(await VersionAsync(), output);
    }

    [Fact]
    public async Task The_command_for_Homebrew_installs_the_plugin()
    {
        string command = await CommandAsync("brew install ");
        string tap = (await Run.ScriptAsync($"{Installation.File("scripts/property.sh")} HomebrewTap")).Succeeded().Trim();
        Assert.Equal($"brew install {tap.Replace("/homebrew-", "/", StringComparison.Ordinal)}/depmap", command);
        string output = await RunAsync($$"""
            export PREFIX=$HOME/brew ARCHIVES={{Release.Folder}}
            brew() { ruby {{Installation.File("test/Dist.Tests/brew.rb")}} "$1" {{Release.File("depmap.rb")}}; }
            {{command}}
            PATH=$PREFIX/bin:{{release.Tools}}:$PATH
            kubectl depmap version --client
            """);
        Assert.Equal(await VersionAsync(), output);
    }

    [Fact]
    public async Task The_command_with_the_script_installs_the_plugin()
    {
        string command = await CommandAsync("curl -sSfL ");
        string output = await RunAsync($$"""
            export PREFIX=$HOME/.local BASE_URL={{_server!.Address}} PATH=$HOME/.local/bin:{{release.Tools}}:$PATH
            {{System.Text.RegularExpressions.Regex.Replace(command, "https://[^ ]*/", _server.Address.ToString())}} >&2
            depmap version --client
            kubectl depmap version --client
            """);
        Assert.Equal(await VersionAsync() + await VersionAsync(), output);
    }

    private async Task<string> RunAsync(string script) => (await Run.ScriptAsync($"""
        set -euo pipefail
        export HOME={_home.Path}
        cd $HOME
        {script}
        """)).Succeeded();

    private static async Task<string> VersionAsync() => (await Run.ScriptAsync($"{Installation.Plugin} version --client")).Succeeded();

    private static async Task<string> CommandAsync(string start)
    {
        string[] lines = await File.ReadAllLinesAsync(Installation.File("README.md"));
        return Assert.Single(lines, line => line.StartsWith(start, StringComparison.Ordinal)).Split('#')[0].Trim();
    }
}
