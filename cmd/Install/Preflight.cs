using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>Finds out before the first change what would stop an installation half-way.</summary>
internal sealed partial class Preflight(IApiServer server)
{
    /// <summary>The first version of Kubernetes that tells a pod all its node's addresses (status.hostIPs).</summary>
    private const int LeastMinor = 29;

    /// <returns>Sentences that the user should know, none of which stops anything.</returns>
    /// <exception cref="InstallException">It would not work.</exception>
    public async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<JsonObject> objects, InstallValues values, string version, bool force, CancellationToken cancellationToken)
    {
        await CheckServerAsync(cancellationToken);
        await CheckRightsAsync(objects, cancellationToken);
        await CheckInstalledAsync(values, version, force, cancellationToken);
        ApiAnswer nodes = await server.SendAsync(HttpMethod.Get, "/api/v1/nodes", null, null, cancellationToken);
        return nodes.Ok
            ? NodeCheck.Describe(nodes.Body!["items"] as JsonArray ?? [])
            : [$"Nodes were not checked: {nodes.Message}"];
    }

    private async Task CheckServerAsync(CancellationToken cancellationToken)
    {
        ApiAnswer answer = await server.SendAsync(HttpMethod.Get, "/version", null, null, cancellationToken);
        if (!answer.Ok)
            throw new InstallException($"{server.Address} does not tell its version: {answer.Message}");
        string minor = Digits().Match((string?)answer.Body?["minor"] ?? "").Value;
        if (int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < LeastMinor)
            throw new InstallException($"Kubernetes is {(string?)answer.Body?["gitVersion"]}, Depmap needs 1.{LeastMinor} or newer");
    }

    private async Task CheckRightsAsync(IReadOnlyList<JsonObject> objects, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach ((string kind, string? space) in objects.Select(it => (it.Kind, it.Namespace)).Distinct())
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
                            ["namespace"] = space ?? "",
                        },
                    },
                };
                ApiAnswer answer = await server.SendAsync(
                    HttpMethod.Post, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, "application/json", cancellationToken);
                // A server that does not answer this is asked the real thing later.
                if (answer.Ok && (bool?)answer.Body?["status"]?["allowed"] == false)
                    missing.Add($"{verb} {resource.Plural}{(space is null ? "" : $" in {space}")}");
            }
        }

        if (missing.Count > 0)
            throw new InstallException($"you may not {string.Join(", ", missing)}. Ask an administrator of the cluster for these rights, or to install");
    }

    private async Task CheckInstalledAsync(InstallValues values, string version, bool force, CancellationToken cancellationToken)
    {
        foreach (string space in (string[])[values.Namespace, values.AgentNamespace])
        {
            ApiAnswer answer = await server.SendAsync(HttpMethod.Get, $"/api/v1/namespaces/{space}", null, null, cancellationToken);
            if (answer.Ok && (string?)answer.Body?["status"]?["phase"] == "Terminating")
                throw new InstallException($"namespace {space} is being deleted. Wait until it is gone, then install again");
        }

        ApiAnswer binding = await server.SendAsync(HttpMethod.Get, Ownership.Mark, null, null, cancellationToken);
        if (!binding.Ok)
            return;
        if (Ownership.HelmRelease((JsonObject)binding.Body!) is { } release)
            throw new InstallException($"Depmap was installed by Helm. Try: helm upgrade, or first: helm uninstall {release}");
        string? elsewhere = (string?)binding.Body?["subjects"]?[0]?["namespace"];
        if (elsewhere is not null && elsewhere != values.Namespace)
            throw new InstallException($"Depmap is installed in namespace {elsewhere}. Try: --namespace {elsewhere}, or uninstall it there first");

        string? installed = (string?)binding.Body?["metadata"]?["labels"]?["app.kubernetes.io/version"];
        if (!force && installed is not null && ProductOrder.IsNewer(installed, version))
            throw new InstallException($"version {installed} is installed, which is newer than {version}. Try: --force, to go back to {version}");
    }

    [GeneratedRegex("^[0-9]+")]
    private static partial Regex Digits();
}
