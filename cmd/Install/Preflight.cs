using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>Checks before the first change whether an installation can succeed.</summary>
internal sealed partial class Preflight(IApiServer server, ProgramName program)
{
    /// <summary>Kubernetes 1.29 is the first version with status.hostIPs, all addresses of a pod's node.</summary>
    private const int MinMinorVersion = 29;

    /// <exception cref="InstallException">The installation would fail.</exception>
    public async Task RunAsync(
        IReadOnlyList<JsonObject> objects, InstallValues values, string version, bool force, CancellationToken cancellationToken)
    {
        await CheckCertManagerAsync(values, cancellationToken);
        await CheckRightsAsync(objects, cancellationToken);
        await CheckNamespacesAsync(values, cancellationToken);
        await CheckInstalledAsync(values, version, force, cancellationToken);
    }

    /// <exception cref="InstallException">The server cannot be reached, or is too old.</exception>
    public async Task CheckServerAsync(CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, "/version", null, null, cancellationToken);
        if (!response.Ok)
            throw new InstallException($"cannot get the version of the API server at {server.Address}: {response.Message}");
        string minor = Digits().Match((string?)response.Body?["minor"] ?? "").Value;
        if (int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < MinMinorVersion)
        {
            throw new InstallException(
                $"Kubernetes {(string?)response.Body?["gitVersion"]} is too old: Depmap needs 1.{MinMinorVersion} or newer");
        }
    }

    private async Task CheckCertManagerAsync(InstallValues values, CancellationToken cancellationToken)
    {
        if (values.Certificates.Source != CertificateSource.CertManager)
            return;
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, ApiPath.Root("Certificate"), null, null, cancellationToken);
        if (response.Status == 404)
        {
            throw new InstallException(
                "this cluster has no cert-manager, which certificates.certManager.issuer needs. Install it first, or leave that value out");
        }
    }

    private async Task CheckRightsAsync(IReadOnlyList<JsonObject> objects, CancellationToken cancellationToken)
    {
        IReadOnlyList<Right> missing = await new RightsReview(server)
            .FindMissingAsync([.. RightsReview.Needed(objects)], cancellationToken);
        if (missing.Count > 0)
            throw MissingRights.Error("install", missing, program);
    }

    private async Task CheckNamespacesAsync(InstallValues values, CancellationToken cancellationToken)
    {
        foreach (string ns in (string[])[values.Namespace, values.AgentNamespace])
        {
            ApiAnswer response = await server.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{ns}", null, null, cancellationToken);
            if (response.Ok && (string?)response.Body?["status"]?["phase"] == "Terminating")
                throw new InstallException($"namespace {ns} is being deleted. Wait until it is deleted, then install again");
        }
    }

    private async Task CheckInstalledAsync(InstallValues values, string version, bool force, CancellationToken cancellationToken)
    {
        ApiAnswer response = await server.SendAsync(HttpMethod.Get, Ownership.MarkerPath, null, null, cancellationToken);
        if (!response.Ok)
            return;
        var binding = (JsonObject)response.Body!;
        if (Ownership.HelmRelease(binding) is { } release)
            throw new InstallException($"Depmap was installed by Helm. Try: helm upgrade, or first: helm uninstall {release}");
        string? installedNamespace = (string?)binding["subjects"]?[0]?["namespace"];
        if (installedNamespace is not null && installedNamespace != values.Namespace)
        {
            throw new InstallException(
                $"Depmap is installed in namespace {installedNamespace}. "
                + $"Try: --namespace {installedNamespace}, or first: {program} uninstall");
        }

        if (!force && binding.Label(ProductLabels.Version) is { } installed && VersionComparer.IsNewer(installed, version))
        {
            throw new InstallException(
                $"version {installed} is installed, which is newer than {version}. Try: --force to install {version}");
        }
    }

    [GeneratedRegex("^[0-9]+")]
    private static partial Regex Digits();
}
