using Depmap.Plugin.Install;

namespace Depmap.Plugin.Tests;

public sealed class ImagesTests
{
    private static readonly Dictionary<string, string> NoRegistry = new() { ["DEPMAP_REGISTRY"] = "" };

    private static readonly BuildImages Release = new(
        "ghcr.io/depmap", new Dictionary<string, string> { ["agent"] = "sha256:aaaa", ["relay"] = "sha256:bbbb" });

    [Theory]
    [InlineData("install")]
    [InlineData("install --dry-run=client")]
    [InlineData("install --image agent=example.com/agent:1")]
    [InlineData("try")]
    [InlineData("images")]
    public async Task A_build_without_a_registry_names_the_commands_that_make_its_images_reachable(string command)
    {
        FakeApiServer server = FakeApiServer.Ready();
        PluginRun run = await PluginRun.Of(command.Split(' '), NoRegistry, server: server);
        Assert.Equal(
            new PluginRun(1, "", """
                error: this build names no image registry. Build the images, make them reachable for the nodes, and name their registry:
                  make image                           # out/images/depmap-agent-amd64.tar and depmap-relay-amd64.tar
                  skopeo copy oci-archive:FILE docker://REGISTRY/depmap-agent:0.1.0
                  kubectl depmap install --registry REGISTRY
                Instead of pushing them, load them onto the nodes and use --registry localhost: kind load image-archive FILE,
                k3d image import FILE, minikube image load FILE, microk8s images import FILE (install --load does these four),
                k3s ctr images import FILE, ctr -n k8s.io images import FILE.

                """.ReplaceLineEndings("\n")),
            run);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("--registry example.com/depmap", "example.com/depmap/depmap-agent:0.1.0\nexample.com/depmap/depmap-relay:0.1.0\n")]
    [InlineData("--registry [fd00::1]:5000/", "[fd00::1]:5000/depmap-agent:0.1.0\n[fd00::1]:5000/depmap-relay:0.1.0\n")]
    [InlineData("--set registry=a.b/c --image agent=x.y/z:1", "x.y/z:1\na.b/c/depmap-relay:0.1.0\n")]
    public async Task Images_prints_one_reference_a_line(string options, string expected)
    {
        PluginRun run = await PluginRun.Of(["images", .. options.Split(' ')], NoRegistry);
        Assert.Equal(new PluginRun(0, expected, ""), run);
    }

    [Fact]
    public void A_release_uses_its_registry_and_its_digests() => Assert.Equal(
        ["ghcr.io/depmap/depmap-agent:1.2.3@sha256:aaaa", "ghcr.io/depmap/depmap-relay:1.2.3@sha256:bbbb"],
        ImageReference.Components.Select(component => ImageReference.Find(new InstallValues(), Release, component, "1.2.3")));

    [Fact]
    public void Copies_of_a_release_in_another_registry_have_no_digest() => Assert.Equal(
        "mirror.example.com/depmap-agent:1.2.3",
        ImageReference.Find(new InstallValues { Registry = "mirror.example.com" }, Release, "agent", "1.2.3"));

    [Theory]
    [InlineData("ghcr.io/depmap/depmap-agent:1", "ghcr.io")]
    [InlineData("localhost/depmap-agent:1", "localhost")]
    [InlineData("host:5000/a", "host:5000")]
    [InlineData("depmap/depmap-agent", "docker.io")]
    [InlineData("depmap-agent:1", "docker.io")]
    public void The_registry_of_a_reference(string reference, string registry) =>
        Assert.Equal(registry, ImageReference.RegistryOf(reference));
}
