using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>By what an object of ours is known.</summary>
internal static class Ownership
{
    /// <summary>The query of a list that holds only what this plugin has applied.</summary>
    public const string Selector = "?labelSelector=app.kubernetes.io%2Fname%3Ddepmap%2Capp.kubernetes.io%2Fmanaged-by%3Dkubectl-depmap";

    /// <summary>Where the object is that tells, from anywhere in the cluster, whether and how Depmap is installed.</summary>
    public static string Mark => ApiPath.OfKind("ClusterRoleBinding", null) + "/depmap-relay";

    public static bool IsOurs(JsonObject it)
    {
        JsonNode? labels = it["metadata"]?["labels"];
        return (string?)labels?["app.kubernetes.io/name"] == "depmap"
            && (string?)labels?["app.kubernetes.io/managed-by"] == "kubectl-depmap";
    }

    /// <summary>How <c>helm</c> is told of the release that an object is part of; null where Helm has not made it.</summary>
    public static string? HelmRelease(JsonObject it) =>
        (string?)it["metadata"]?["labels"]?["app.kubernetes.io/managed-by"] == "Helm"
            ? $"{(string?)it["metadata"]?["annotations"]?["meta.helm.sh/release-name"]} --namespace {(string?)it["metadata"]?["annotations"]?["meta.helm.sh/release-namespace"]}"
            : null;

    /// <summary>Whether a controller made it for another object, as pods are.</summary>
    public static bool IsControlled(JsonObject it) =>
        (it["metadata"]?["ownerReferences"] as JsonArray ?? []).Any(owner => (bool?)owner!["controller"] == true);

    /// <summary>Whether it goes when another object goes.</summary>
    public static bool IsOwned(JsonObject it) => it["metadata"]?["ownerReferences"] is JsonArray { Count: > 0 };
}
