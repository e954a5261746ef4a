using Depmap.Common;
using Depmap.Plugin.Install;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Commands;

/// <summary>A development build knows no registry: without one from the user, the nodes could not pull the images.</summary>
internal static class MissingRegistry
{
    private const string Lines = """
          make image                           # out/images/depmap-agent-amd64.tar and depmap-relay-amd64.tar
          skopeo copy oci-archive:FILE docker://REGISTRY/depmap-agent:{0}
          {1} install --registry REGISTRY
        Instead of pushing them, load them onto the nodes and use --registry localhost: kind load image-archive FILE,
        k3d image import FILE, minikube image load FILE, microk8s images import FILE (install --load does these four),
        k3s ctr images import FILE, ctr -n k8s.io images import FILE.
        """;

    public static bool IsIn(InstallValues values) => ImageReference.Components.Any(
        component => ImageReference.Find(values, BuildImages.OfThisProgram, component, ProductVersion.Tag) is null);

    /// <returns>The command's exit code.</returns>
    public static int Fail(Terminal terminal, ProgramName program)
    {
        terminal.Fail("this build names no image registry. Build the images, make them reachable for the nodes, and name their registry:");
        terminal.Error.WriteLine(string.Format(null, Lines.ReplaceLineEndings("\n"), ProductVersion.Tag, program));
        return ExitCode.Failure;
    }
}
