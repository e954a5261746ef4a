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

    /// <returns>Warnings.</returns>
    /// <exception cref="InstallException">The installation would fail.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<JsonObject> objects, InstallValues values, string version, bool force, CancellationToken cancellationToken)
    {
        await CheckServerVersionAsync(cancellationToken);
        await CheckPermissionsAsync(objects, cancellationToken);
        await CheckNamespacesAsync(values, cancellationToken);
        await CheckInstalledAsync(values, version, force, cancellationToken);
        ApiAnswer nodes = await server.SendAsync(HttpMethod.Get, "/api/v1/nodes", null, null, cancellationToken);
        return nodes.Ok
            ? NodeCheck.Run(nodes.Body!["items"] as JsonArray ?? [])
            : [$"Nodes were not checked: {nodes.Message}"];
    }

    private async Task CheckServerVersionAsync(CancellationToken cancellationToken)
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

    private async Task CheckPermissionsAsync(IReadOnlyList<JsonObject> objects, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach ((string kind, string? ns) in objects.Select(resource => (resource.Kind, resource.Namespace)).Distinct())
        {
            ApiResource resource = ApiPath.ResourceOf(kind);
            foreach (string verb in (string[])["get", "create", "patch"])
            {
                var review = new JsonObject
                {
                    ["apiVersion"] = "authorization.k8s.io/v1",
                    ["kind"] = "SelfSubjectAccessReview",
                    ["spec"] = new JsonObject
                    {
                        ["resourceAttributes"] = new JsonObject
                        {
                            ["group"] = resource.Group,
                            ["resource"] = resource.Plural,
                            ["verb"] = verb,
                            ["namespace"] = ns ?? "",
                        },
                    },
                };
                ApiAnswer response = await server.SendAsync(
                    HttpMethod.Post,
                    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                    review,
                    "application/json",
                    cancellationToken);
                // If the review itself fails, the real request will show whether the user has the permission.
                if (response.Ok && (bool?)response.Body?["status"]?["allowed"] == false)
                    missing.Add($"{verb} {resource.Plural}{(ns is null ? "" : $" in {ns}")}");
            }
        }

        if (missing.Count > 0)
        {
            throw new InstallException(
                $"you are not allowed to {string.Join(", ", missing)}. Ask a cluster administrator for these permissions, or to install");
        }
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
