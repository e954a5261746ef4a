using System.Runtime.InteropServices;
using Depmap.Plugin.Tests.Cluster;

namespace Depmap.Plugin.Tests;

/// <summary><c>install --load</c>, with stand-ins for the programs that make local clusters. They record how they are called.</summary>
public sealed class LoadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _agent, _relay;

    public LoadTests()
    {
        string architecture = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        _agent = _folder.Write($"depmap-agent-{architecture}.tar", "");
        _relay = _folder.Write($"depmap-relay-{architecture}.tar", "");
    }

    private string Folder => _folder.Path;

    private string Calls => File.Exists($"{Folder}/calls") ? File.ReadAllText($"{Folder}/calls") : "";

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kind-dev", "kind", "kind load image-archive FILE --name dev")]
    [InlineData("k3d-dev", "k3d", "k3d image import FILE --cluster dev")]
    [InlineData("microk8s", "microk8s", "microk8s images import FILE")]
    [InlineData("minikube", "minikube", "minikube image load FILE --profile minikube")]
    public async Task The_program_that_made_the_cluster_loads_both_images(string context, string program, string call)
    {
        StandIn(program);
        FakeApiServer server = Server(context);
        PluginRun run = await Install(server);
        Assert.Equal(
            $"Loading {Path.GetFileName(_agent)} with {program}.\nLoading {Path.GetFileName(_relay)} with {program}.\n"
            + "Depmap 0.1.0 is installed.\n",
            run.Error);
        Assert.Equal(
            $"{call}\n{call}\n",
            Calls.Replace(_agent, "FILE", StringComparison.Ordinal).Replace(_relay, "FILE", StringComparison.Ordinal));
        Assert.Equal(
            "localhost/depmap-agent:0.1.0",
            (string?)server.Objects["/apis/apps/v1/namespaces/depmap-agents/daemonsets/depmap-agent"]
                ["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]);
    }

    [Fact]
    public async Task A_profile_of_minikube_is_recognized()
    {
        StandIn("minikube", """echo '{"invalid": [], "valid": [{"Name": "work"}]}'""");
        Assert.Equal(0, (await Install(Server("work"))).ExitCode);
        Assert.StartsWith($"minikube profile list --output json\nminikube image load {_agent} --profile work\n", Calls);
    }

    [Theory]
    [InlineData("kind-dev", "cannot load the images: kind, which made the cluster of context kind-dev, is not in PATH")]
    [InlineData("prod", "cannot load the images: context prod is not of kind, k3d, minikube or microk8s. Load them on each node "
        + "(k3s ctr images import FILE, ctr -n k8s.io images import FILE), then install with --registry localhost")]
    public async Task Without_such_a_program_nothing_is_applied(string context, string error)
    {
        FakeApiServer server = Server(context);
        Assert.Equal(new PluginRun(1, "", $"error: {error}\n"), await Install(server));
        Assert.DoesNotContain(server.Requests, request => request.StartsWith("PATCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failure_is_reported_with_its_last_line()
    {
        StandIn("kind", "echo 'ERROR: no nodes found for cluster \"dev\"' >&2; exit 1");
        Assert.EndsWith(
            $"error: kind load image-archive {_agent} --name dev failed with exit code 1: ERROR: no nodes found for cluster \"dev\"\n",
            (await Install(Server("kind-dev"))).Error);
    }

    [Fact]
    public async Task A_missing_archive_is_named()
    {
        StandIn("kind");
        File.Delete(_relay);
        Assert.Equal(
            $"error: there is no {_relay}. Try: make image, or kubectl depmap install --load=FOLDER\n",
            (await Install(Server("kind-dev"))).Error);
        Assert.Equal("", Calls);
    }

    private static FakeApiServer Server(string context)
    {
        FakeApiServer ready = FakeApiServer.Ready();
        var server = new FakeApiServer { Context = context, Changed = ready.Changed };
        foreach ((string path, var resource) in ready.Objects)
            server.Add(path, resource);
        return server;
    }

    private void StandIn(string program, string script = "") =>
        _folder.WriteProgram(program, $"echo {program} \"$@\" >>{Folder}/calls\n{script}");

    // Only the stand-ins are in PATH.
    private Task<PluginRun> Install(FakeApiServer server) => PluginRun.Of(
        ["install", $"--load={Folder}"], new() { ["PATH"] = Folder, ["DEPMAP_REGISTRY"] = "" }, server: server);
}
