using System.Globalization;
using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;
using Depmap.Plugin.Shell;

namespace Depmap.Plugin.Install;

/// <summary>
/// An installation that removes itself. When its time is over, the relay deletes its own namespace. The objects outside of
/// it (the agents' namespace and the roles) have that namespace as their owner, so Kubernetes deletes them too.
/// </summary>
internal static class Trial
{
    /// <summary>On the relay's namespace: when the trial has ended at the latest.</summary>
    private const string EndAnnotation = "depmap/trial-ends";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    // The plugin ends the trial first, and may still read the map then.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(15);

    /// <summary>The objects of an installation, with the end of the trial and the permission to delete the namespace.</summary>
    /// <param name="lifetime">Counted from the first query.</param>
    /// <param name="end">The end of the trial at the latest, even if nothing is queried.</param>
    public static IReadOnlyList<JsonObject> Build(InstallValues values, string version, TimeSpan lifetime, DateTimeOffset end)
    {
        string latest = end.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
        string term = string.Create(CultureInfo.InvariantCulture, $"{values.Namespace}@{latest},{(lifetime + Slack).TotalSeconds:0.###}s");
        JsonObject[] objects = [.. InstallObjects.Build(values with { IsTrial = true }, version)];
        objects.First(resource => resource.Kind == "Namespace").At("metadata", "annotations")[EndAnnotation] = latest;
        JsonObject configMap = objects.Single(resource => resource.Kind == "ConfigMap" && resource.Component == ProductLabels.Relay);
        configMap.At("data")["DEPMAP_TRIAL"] = term;
        JsonNode rule = objects.Single(resource => resource.Kind == "ClusterRole" && resource.Name == ProductNames.Trial)["rules"]![0]!;
        rule["resourceNames"] = new JsonArray(values.Namespace);
        return objects;
    }

    /// <summary>When the trial in a namespace has ended at the latest; null if the namespace is not that of a trial.</summary>
    public static DateTimeOffset? EndOf(JsonObject ns) => DateTimeOffset.TryParseExact(
        ns.Annotation(EndAnnotation), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset end)
        ? end
        : null;

    /// <summary>Makes the relay's namespace the owner of all cluster-scoped objects.</summary>
    /// <param name="owner">The Namespace in the cluster.</param>
    public static void SetOwner(IEnumerable<JsonObject> objects, JsonObject owner)
    {
        foreach (JsonObject resource in objects.Where(resource => resource.Namespace is null && resource.Name != owner.Name))
        {
            resource.At("metadata")["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Namespace",
                ["name"] = owner.Name,
                ["uid"] = owner["metadata"]!["uid"]?.DeepClone(),
            });
        }
    }

    /// <exception cref="InstallException">Depmap is installed, or a namespace exists that the trial would delete.</exception>
    public static async Task CheckNotInstalledAsync(
        IApiServer server, InstallValues values, ProgramName program, CancellationToken cancellationToken)
    {
        ApiAnswer binding = await server.SendAsync(HttpMethod.Get, Ownership.MarkerPath, null, null, cancellationToken);
        if (binding.Ok)
            throw new InstallException($"Depmap is installed in this cluster. Try: {program} observe -f, or first: {program} uninstall");
        foreach (string ns in (string[])[values.Namespace, values.AgentNamespace])
        {
            ApiAnswer response = await server.SendAsync(
                HttpMethod.Get, $"{ApiPath.OfKind("Namespace", null)}/{ns}", null, null, cancellationToken);
            if (response.Ok)
            {
                throw new InstallException(
                    $"namespace {ns} exists, and a trial deletes its namespaces when it ends. Try: --namespace with another name");
            }
        }
    }
}
