using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Finds objects in a namespace that do not belong to Depmap, of all kinds that the cluster has.</summary>
internal sealed class NamespaceContents(IApiServer server)
{
    private const int MaxNamed = 5;

    // Created by the cluster in every namespace.
    private static readonly HashSet<string> CreatedByCluster =
        ["configmaps/kube-root-ca.crt", "serviceaccounts/default", "configmaps/istio-ca-root-cert", "configmaps/openshift-service-ca.crt"];

    // Created by the cluster for other objects.
    private static readonly HashSet<string> DerivedKinds = ["events", "endpoints", "endpointslices", "leases", "controllerrevisions"];

    /// <returns>The names of the first objects, such as <c>configmaps/mine</c>, and the number of others.</returns>
    public async Task<IReadOnlyList<string>> FindForeignAsync(string ns, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach ((string root, string plural) in await ListKindsAsync(cancellationToken))
        {
            ApiAnswer response = await server.SendAsync(
                HttpMethod.Get, $"{root}/namespaces/{ns}/{plural}?limit=100", null, null, cancellationToken);
            // Kinds that cannot be listed (forbidden, or served by a failing extension) are ignored.
            foreach (JsonObject resource in (response.Ok ? response.Body!["items"] as JsonArray ?? [] : []).OfType<JsonObject>())
            {
                string name = $"{plural}/{resource.Name}";
                if (!Ownership.IsOurs(resource) && !Ownership.HasOwner(resource) && !CreatedByCluster.Contains(name))
                    found.Add(name);
            }
        }

        return found.Count <= MaxNamed ? found : [.. found.Take(MaxNamed), $"{found.Count - MaxNamed} more"];
    }

    /// <summary>Why a namespace is still being deleted; null if its status does not say.</summary>
    public static string? DeletionBlocker(JsonObject ns)
    {
        string[] messages = [.. (ns["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(condition => (string?)condition["status"] == "True")
            .Select(condition => (string?)condition["message"]).OfType<string>()];
        if (messages.Length > 0)
            return string.Join("; ", messages);
        var finalizers = ns["metadata"]?["finalizers"] as JsonArray;
        return finalizers is { Count: > 0 } ? $"it has the finalizers {string.Join(", ", finalizers.Select(name => (string?)name))}" : null;
    }

    private async Task<IReadOnlyList<(string Root, string Plural)>> ListKindsAsync(CancellationToken cancellationToken)
    {
        var roots = new List<string> { "/api/v1" };
        ApiAnswer groups = await server.SendAsync(HttpMethod.Get, "/apis", null, null, cancellationToken);
        if (groups.Ok)
        {
            roots.AddRange((groups.Body!["groups"] as JsonArray ?? [])
                .Select(group => $"/apis/{(string?)group!["preferredVersion"]?["groupVersion"]}"));
        }

        var kinds = new List<(string, string)>();
        foreach (string root in roots)
        {
            ApiAnswer response = await server.SendAsync(HttpMethod.Get, root, null, null, cancellationToken);
            foreach (JsonObject kind in (response.Ok ? response.Body!["resources"] as JsonArray ?? [] : []).OfType<JsonObject>())
            {
                var verbs = (kind["verbs"] as JsonArray ?? []).Select(verb => (string?)verb).ToHashSet();
                string plural = (string?)kind["name"] ?? "";
                // Kinds that cannot be deleted are computed, not stored: for example pod metrics.
                if ((bool?)kind["namespaced"] == true
                    && verbs.Contains("list")
                    && verbs.Contains("delete")
                    && !DerivedKinds.Contains(plural))
                {
                    kinds.Add((root, plural));
                }
            }
        }

        return kinds;
    }
}
