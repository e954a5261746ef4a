using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// Runs an exec plugin. KubernetesClient joins its arguments unquoted, gives it no cluster and the kind "ExecCredentials", and waits
/// for its end before reading its output, which blocks beyond a pipe's capacity.
/// </summary>
internal sealed class ExecPlugin(ExecSettings settings, ProgramPath programs)
{
    /// <returns>The identity, and when it expires; null if it does not.</returns>
    /// <exception cref="ApiException">The plugin failed.</exception>
    public async Task<(Identity Identity, DateTimeOffset? Expiration)> RunAsync(CancellationToken cancellationToken)
    {
        using Process process = Start();
        try
        {
            if (!settings.Interactive)
                process.StandardInput.Close();
            string output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0
                ? new ExecAnswer(settings.Description, settings.ApiVersion).Read(output)
                : throw new ApiException($"{settings.Description} failed with exit code {process.ExitCode}. Try: log in again with it");
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            throw;
        }
    }

    // It inherits stderr, where it writes to the user.
    private Process Start()
    {
        (string? program, string? error) = programs.Find(settings.Command);
        if (program is null)
            throw CannotRun(error!, null);
        var start = new ProcessStartInfo(program, settings.Arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = !settings.Interactive,
            StandardOutputEncoding = Encoding.UTF8,
        };
        foreach ((string name, string value) in settings.Environment)
            start.Environment[name] = value;
        var spec = new JsonObject { ["interactive"] = settings.Interactive };
        if (settings.Cluster is not null)
            spec["cluster"] = settings.Cluster.DeepClone();
        start.Environment["KUBERNETES_EXEC_INFO"] =
            new JsonObject { ["kind"] = "ExecCredential", ["apiVersion"] = settings.ApiVersion, ["spec"] = spec }.ToJsonString();
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw CannotRun(failure.Message, failure);
        }
    }

    private ApiException CannotRun(string reason, Exception? cause)
    {
        string hint = settings.InstallHint?.ReplaceLineEndings(" ").Trim() ?? "Is it installed?";
        return new ApiException($"cannot run {settings.Description}: {reason}. {hint}", cause);
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has already exited.
        }
    }
}
