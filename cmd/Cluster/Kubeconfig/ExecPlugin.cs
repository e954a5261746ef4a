using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>
/// Runs an exec plugin. KubernetesClient joins its arguments unquoted, gives it no cluster and the kind "ExecCredentials", and waits
/// for its end before reading its output, which blocks beyond a pipe's capacity.
/// </summary>
internal sealed class ExecPlugin(ExecSettings settings)
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
                ? Read(output)
                : throw new ApiException($"{Plugin} failed with exit code {process.ExitCode}. Try: log in again with it");
        }
        catch (OperationCanceledException)
        {
            Kill(process);
            throw;
        }
    }

    private string Plugin => $"the exec plugin {settings.Command} of user \"{settings.User}\"";

    // It inherits stderr, where it writes to the user.
    private Process Start()
    {
        var start = new ProcessStartInfo(settings.Command, settings.Arguments)
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
            string hint = settings.InstallHint?.ReplaceLineEndings(" ").Trim() ?? "Is it installed, and in PATH?";
            throw new ApiException($"cannot run {Plugin}: {failure.Message}. {hint}", failure);
        }
    }

    private (Identity Identity, DateTimeOffset? Expiration) Read(string output)
    {
        JsonNode? response;
        try
        {
            response = JsonNode.Parse(output);
        }
        catch (JsonException failure)
        {
            throw new ApiException($"the output of {Plugin} is not JSON", failure);
        }

        if (response is not JsonObject credential || (string?)credential["kind"] != "ExecCredential")
            throw new ApiException($"the output of {Plugin} is not an ExecCredential");
        if ((string?)credential["apiVersion"] != settings.ApiVersion)
        {
            throw new ApiException(
                $"{Plugin} returned apiVersion {credential["apiVersion"]}, but the kubeconfig has {settings.ApiVersion}");
        }

        JsonNode? status = credential["status"];
        string? token = (string?)status?["token"];
        string? certificate = (string?)status?["clientCertificateData"], key = (string?)status?["clientKeyData"];
        if (string.IsNullOrEmpty(token) && (string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key)))
            throw new ApiException($"{Plugin} returned neither a token nor a certificate with its key");

        var identity = new Identity(
            string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token),
            string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key)
                ? null
                : CertificateText.ReadClient(
                    Encoding.UTF8.GetBytes(certificate), Encoding.UTF8.GetBytes(key), $"the output of {Plugin}"));
        return (identity, ExpirationOf(status));
    }

    private DateTimeOffset? ExpirationOf(JsonNode? status)
    {
        if ((string?)status?["expirationTimestamp"] is not { Length: > 0 } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset expiration)
            ? expiration
            : throw new ApiException($"{Plugin} returned an invalid expirationTimestamp: {text}");
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
