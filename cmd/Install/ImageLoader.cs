using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>Loads images onto the nodes of a local cluster with the program that made the cluster.</summary>
/// <param name="programs">Finds the programs of these clusters.</param>
/// <param name="log">Called with lines for the user.</param>
internal sealed class ImageLoader(ProgramPath programs, Action<string> log)
{
    /// <param name="context">The kubeconfig's context, which these programs name after their cluster.</param>
    /// <exception cref="InstallException">The context is of no such cluster, its program is missing, or it failed.</exception>
    public async Task LoadAsync(string context, IReadOnlyList<string> archives, CancellationToken cancellationToken)
    {
        (string name, Func<string, string[]> arguments) = await ChooseAsync(context, cancellationToken);
        string program = programs.Find(name).Path
            ?? throw new InstallException($"cannot load the images: {name}, which made the cluster of context {context}, is not in PATH");
        foreach (string archive in archives)
        {
            log($"Loading {Path.GetFileName(archive)} with {name}.");
            (int code, string output) = await RunAsync(program, arguments(archive), cancellationToken);
            if (code != 0)
            {
                throw new InstallException(
                    $"{name} {string.Join(' ', arguments(archive))} failed with exit code {code}: {LastLine(output)}");
            }
        }
    }

    private async Task<(string Name, Func<string, string[]> Arguments)> ChooseAsync(string context, CancellationToken cancellationToken)
    {
        if (context.StartsWith("kind-", StringComparison.Ordinal))
            return ("kind", archive => ["load", "image-archive", archive, "--name", context["kind-".Length..]]);
        if (context.StartsWith("k3d-", StringComparison.Ordinal))
            return ("k3d", archive => ["image", "import", archive, "--cluster", context["k3d-".Length..]]);
        if (context == "microk8s")
            return ("microk8s", archive => ["images", "import", archive]);
        if (await IsMinikubeAsync(context, cancellationToken))
            return ("minikube", archive => ["image", "load", archive, "--profile", context]);
        throw new InstallException(
            $"cannot load the images: context {context} is not of kind, k3d, minikube or microk8s. "
            + "Load them on each node (k3s ctr images import FILE, ctr -n k8s.io images import FILE), "
            + "then install with --registry localhost");
    }

    /// <summary>The contexts of minikube have the names of its profiles, which may be any.</summary>
    private async Task<bool> IsMinikubeAsync(string context, CancellationToken cancellationToken)
    {
        if (context == "minikube")
            return true;
        if (programs.Find("minikube").Path is not { } program)
            return false;
        (_, string output) = await RunAsync(program, ["profile", "list", "--output", "json"], cancellationToken);
        try
        {
            var profiles = JsonNode.Parse(output)?["valid"] as JsonArray;
            return profiles?.Any(profile => (string?)profile?["Name"] == context) == true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync(cancellationToken);
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            string errors = await error;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, process.ExitCode == 0 ? output : output + errors);
        }
        catch (Win32Exception e)
        {
            throw new InstallException($"cannot run {program}: {e.Message}");
        }
    }

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].Trim();
}
