using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;

namespace Depmap.Plugin.Install;

/// <summary>What a namespace holds besides Depmap, of whatever kind the cluster knows.</summary>
internal sealed class NamespaceContents(IApiServer server)
{
    private const int MostNamed = 5;

    // Made by the cluster itself in every namespace, or about other objects.
    private static readonly HashSet<string> ByTheCluster =
        ["configmaps/kube-root-ca.crt", "serviceaccounts/default", "configmaps/istio-ca-root-cert", "configmaps/openshift-service-ca.crt"];

    private static readonly HashSet<string> Follow = ["events", "endpoints", "endpointslices", "leases", "controllerrevisions"];

    /// <returns>Some of them by name, as <c>configmaps/mine</c>.</returns>
    public async Task<IReadOnlyList<string>> ForeignAsync(string space, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        foreach ((string root, string plural) in await ResourcesAsync(cancellationToken))
        {
            ApiAnswer answer = await server.SendAsync(
                HttpMethod.Get, $"{root}/namespaces/{space}/{plural}?limit=100", null, null, cancellationToken);
            // A kind that cannot be listed (its webhook is away, or it is forbidden) is not ours to judge: the rest is.
            foreach (JsonObject it in (answer.Ok ? answer.Body!["items"] as JsonArray ?? [] : []).OfType<JsonObject>())
            {
                string name = $"{plural}/{it.Name}";
                if (!Ownership.IsOurs(it) && !Ownership.IsOwned(it) && !ByTheCluster.Contains(name))
                    found.Add(name);
            }
        }

        return found.Count <= MostNamed ? found : [.. found.Take(MostNamed), $"{found.Count - MostNamed} more"];
    }

    /// <summary>Why a namespace that is being deleted is not gone; null where it does not say.</summary>
    public static string? WhyStuck(JsonObject space)
    {
        string[] messages = [.. (space["status"]?["conditions"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(condition => (string?)condition["status"] == "True")
            .Select(condition => (string?)condition["message"]).OfType<string>()];
        if (messages.Length > 0)
            return string.Join("; ", messages);
        var finalizers = space["metadata"]?["finalizers"] as JsonArray;
        return finalizers is { Count: > 0 } ? $"it waits for {string.Join(", ", finalizers.Select(one => (string?)one))}" : null;
    }

    private async Task<IReadOnlyList<(string Root, string Plural)>> ResourcesAsync(CancellationToken cancellationToken)
    {
        var roots = new List<string> { "/api/v1" };
        ApiAnswer groups = await server.SendAsync(HttpMethod.Get, "/apis", null, null, cancellationToken);
        if (groups.Ok)
        {
            roots.AddRange((groups.Body!["groups"] as JsonArray ?? [])
                .Select(group => $"/apis/{(string?)group!["preferredVersion"]?["groupVersion"]}"));
        }

        var resources = new List<(string, string)>();
        foreach (string root in roots)
        {
            ApiAnswer answer = await server.SendAsync(HttpMethod.Get, root, null, null, cancellationToken);
            foreach (JsonObject resource in (answer.Ok ? answer.Body!["resources"] as JsonArray ?? [] : []).OfType<JsonObject>())
            {
                var verbs = (resource["verbs"] as JsonArray ?? []).Select(verb => (string?)verb).ToHashSet();
                string plural = (string?)resource["name"] ?? "";
                // What cannot be deleted (metrics of pods) is computed, not kept.
                if ((bool?)resource["namespaced"] == true && verbs.Contains("list") && verbs.Contains("delete") && !Follow.Contains(plural))
                    resources.Add((root, plural));
            }
        }

        return resources;
    }
}
