using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Tests;

/// <summary>Help and suggestions use the name that the program was started with.</summary>
public sealed class ProgramNameTests
{
    [Theory]
    [InlineData("/home/ann/.krew/bin/kubectl-depmap", "kubectl depmap")]
    [InlineData("kubectl-depmap.exe", "kubectl depmap")]
    [InlineData("/usr/local/bin/depmap", "depmap")]
    [InlineData("depmap", "depmap")]
    public void It_is_that_of_the_plugin_if_kubectl_started_it(string path, string name) =>
        Assert.Equal(name, $"{ProgramName.FromPath(path)}");

    [Theory]
    [InlineData("--help")]
    [InlineData("observe", "--help")]
    [InlineData("map", "--help")]
    [InlineData("install", "--help")]
    [InlineData("status", "--help")]
    [InlineData("uninstall", "--help")]
    [InlineData("try", "--help")]
    [InlineData("version", "--help")]
    public async Task Help_uses_it(params string[] args)
    {
        string plugin = (await PluginRun.Of(args)).Output;
        string program = (await PluginRun.Of(args, [], startedAs: "/opt/bin/depmap")).Output;
        Assert.Contains("kubectl depmap", plugin);
        Assert.Equal(plugin.Replace("kubectl depmap", "depmap", StringComparison.Ordinal), program);
    }

    [Theory]
    [InlineData("status", "Depmap is not installed in namespace depmap. Try: NAME install")]
    [InlineData("observe", "no relay found in the cluster of context test. Try: NAME install")]
    [InlineData("observe --xyzzy", "unknown flag --xyzzy, see NAME observe --help")]
    [InlineData("-n shop observe", "-n must come after the command: NAME observe -n")]
    public async Task Errors_use_it(string line, string error)
    {
        foreach ((string path, string name) in ((string, string)[])[("kubectl-depmap", "kubectl depmap"), ("depmap", "depmap")])
        {
            PluginRun run = await PluginRun.Of(line.Split(' '), [], startedAs: path, server: FakeApiServer.Ready());
            Assert.Equal($"error: {error.Replace("NAME", name, StringComparison.Ordinal)}\n", run.Error);
        }
    }

    [Fact]
    public async Task Commands_that_change_the_cluster_use_it()
    {
        FakeApiServer server = FakeApiServer.Ready();
        Assert.EndsWith("Try: depmap status\n", (await RunAsync("install", "--wait=false")).Error);
        Assert.EndsWith("Try: depmap observe -f, or first: depmap uninstall\n", (await RunAsync("try")).Error);
        Assert.EndsWith("or first: depmap uninstall\n", (await RunAsync("install", "--namespace", "other")).Error);

        server.Answer = request =>
            request.StartsWith("PATCH /apis/apps", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        server.Objects.Remove("/apis/apps/v1/namespaces/depmap/deployments/depmap-relay");
        server.Objects["/api/v1/namespaces/depmap"]["metadata"]!["labels"]!["x"] = "y";
        Assert.EndsWith("to continue: depmap install)\n", (await RunAsync("install")).Error);
        server.Answer = request => request.StartsWith("DELETE", StringComparison.Ordinal) ? FakeApiServer.Refuse(403, "no") : null;
        Assert.EndsWith("to continue: depmap uninstall)\n", (await RunAsync("uninstall")).Error);

        Task<PluginRun> RunAsync(params string[] args) => PluginRun.Of(args, [], startedAs: "depmap", server: server);
    }
}
