using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>Runs the program that says who a user is.</summary>
internal sealed class ExecPlugin(ExecSettings settings)
{
    /// <returns>Its answer, and when that ends; null where it does not.</returns>
    /// <exception cref="ApiException">It gave none.</exception>
    public async Task<(Identity Identity, DateTimeOffset? End)> RunAsync(CancellationToken cancellationToken)
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

    // Its stderr is ours: what it says there is for the user.
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

    private (Identity Identity, DateTimeOffset? End) Read(string output)
    {
        JsonNode? answer;
        try
        {
            answer = JsonNode.Parse(output);
        }
        catch (JsonException wrong)
        {
            throw new ApiException($"{Plugin} printed no JSON", wrong);
        }

        if (answer is not JsonObject credential || (string?)credential["kind"] != "ExecCredential")
            throw new ApiException($"{Plugin} printed no ExecCredential");
        if ((string?)credential["apiVersion"] != settings.ApiVersion)
            throw new ApiException($"{Plugin} answered in {credential["apiVersion"]}, but the kubeconfig says {settings.ApiVersion}");

        JsonNode? status = credential["status"];
        string? token = (string?)status?["token"];
        string? certificate = (string?)status?["clientCertificateData"], key = (string?)status?["clientKeyData"];
        if (string.IsNullOrEmpty(token) && (string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key)))
            throw new ApiException($"{Plugin} gave neither a token nor a certificate with its key");

        var identity = new Identity(
            string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token),
            string.IsNullOrEmpty(certificate) || string.IsNullOrEmpty(key)
                ? null
                : CertificateText.ReadClient(Encoding.UTF8.GetBytes(certificate), Encoding.UTF8.GetBytes(key), $"the answer of {Plugin}"));
        return (identity, End(status));
    }

    private DateTimeOffset? End(JsonNode? status)
    {
        if ((string?)status?["expirationTimestamp"] is not { Length: > 0 } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end)
            ? end
            : throw new ApiException($"{Plugin} gave an expirationTimestamp that is no time: {text}");
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
