using System.Text.Json.Nodes;
using Depmap.Plugin.Cluster.Api;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Finds the rights that an installation needs and the user lacks, with few requests.</summary>
internal sealed class RightsReview(IApiServer server)
{
    private const string Api = "/apis/authorization.k8s.io/v1";

    /// <summary>What applying the objects needs.</summary>
    public static IEnumerable<Right> Needed(IEnumerable<JsonObject> objects) => objects.SelectMany(resource =>
    {
        ApiResource kind = ApiPath.ResourceOf(resource.Kind);
        // Most roles for namespaces grant whole kinds: a review for each object would be many requests.
        string? name = resource.Namespace is null ? resource.Name : null;
        return (Right[])
        [
            new("get", kind.Group, kind.Plural, resource.Namespace, name),
            new("create", kind.Group, kind.Plural, resource.Namespace, null),
            new("patch", kind.Group, kind.Plural, resource.Namespace, name),
        ];
    }).Distinct();

    /// <summary>What deleting the objects needs.</summary>
    public static IEnumerable<Right> NeededToDelete(IEnumerable<JsonObject> objects) => objects.Select(resource =>
    {
        ApiResource kind = ApiPath.ResourceOf(resource.Kind);
        // A namespace that is kept only loses its labels.
        return new Right(Adoption.IsAdopted(resource) ? "patch" : "delete", kind.Group, kind.Plural, resource.Namespace, resource.Name);
    }).Distinct();

    /// <returns>The rights among <paramref name="needed"/> that the user certainly lacks.</returns>
    public async Task<IReadOnlyList<Right>> FindMissingAsync(IReadOnlyList<Right> needed, CancellationToken cancellationToken)
    {
        // One request for a cluster administrator.
        if (await IsAllowedAsync(new Right("*", "*", "*", null, null), cancellationToken))
            return [];
        var missing = new List<Right>();
        foreach (Right right in needed.Where(right => right.Namespace is null))
        {
            if (!await IsAllowedAsync(right, cancellationToken))
                missing.Add(right);
        }

        foreach (IGrouping<string, Right> place in needed.Where(right => right.Namespace is not null).GroupBy(right => right.Namespace!))
        {
            (JsonObject[] rules, bool isComplete) = await RulesAsync(place.Key, cancellationToken);
            foreach (Right right in place.Where(right => !rules.Any(right.IsIn)))
            {
                // Rules of authorizers other than RBAC are unknown. Whoever may change an object may usually read it.
                if (isComplete || (right.Verb != "get" && !await IsAllowedAsync(right, cancellationToken)))
                    missing.Add(right);
            }
        }

        return missing;
    }

    /// <summary>The user's rules in a namespace, including those for the whole cluster.</summary>
    private async Task<(JsonObject[] Rules, bool IsComplete)> RulesAsync(string ns, CancellationToken cancellationToken)
    {
        JsonNode? status = await ReviewAsync(
            "SelfSubjectRulesReview", "selfsubjectrulesreviews", new JsonObject { ["namespace"] = ns }, cancellationToken);
        return status?["resourceRules"] is JsonArray rules
            ? ([.. rules.OfType<JsonObject>()], (bool?)status["incomplete"] != true)
            : ([], false);
    }

    /// <returns>Also true if the review fails: the real request will show whether the user has the right.</returns>
    private async Task<bool> IsAllowedAsync(Right right, CancellationToken cancellationToken)
    {
        var attributes = new JsonObject
        {
            ["group"] = right.Group,
            ["resource"] = right.Resource,
            ["verb"] = right.Verb,
            ["namespace"] = right.Namespace ?? "",
            ["name"] = right.Name ?? "",
        };
        JsonNode? status = await ReviewAsync(
            "SelfSubjectAccessReview",
            "selfsubjectaccessreviews",
            new JsonObject { ["resourceAttributes"] = attributes },
            cancellationToken);
        return (bool?)status?["allowed"] != false;
    }

    private async Task<JsonNode?> ReviewAsync(string kind, string plural, JsonObject spec, CancellationToken cancellationToken)
    {
        var review = new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = kind, ["spec"] = spec };
        ApiAnswer response = await server.SendAsync(HttpMethod.Post, $"{Api}/{plural}", review, "application/json", cancellationToken);
        return response.Ok ? response.Body?["status"] : null;
    }
}
