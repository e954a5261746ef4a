using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>Whether an object belongs to this plugin, to Helm or to another object.</summary>
internal static class Ownership
{
    /// <summary>The path of the cluster-scoped object whose existence means that Depmap is installed.</summary>
    public static string MarkerPath => $"{ApiPath.OfKind("ClusterRoleBinding", null)}/{ProductNames.Relay}";

    public static bool IsOurs(JsonObject resource) =>
        resource.Label(ProductLabels.Name) == ProductLabels.Product && resource.Label(ProductLabels.ManagedBy) == ProductLabels.Plugin;

    /// <summary>The Helm release of an object as arguments for <c>helm</c>; null if it has none.</summary>
    public static string? HelmRelease(JsonObject resource) => resource.Label(ProductLabels.ManagedBy) == ProductLabels.Helm
        ? $"{resource.Annotation("meta.helm.sh/release-name")} --namespace {resource.Annotation("meta.helm.sh/release-namespace")}"
        : null;

    /// <summary>Whether a controller created the object, such as a pod.</summary>
    public static bool HasController(JsonObject resource) =>
        (resource["metadata"]?["ownerReferences"] as JsonArray ?? []).Any(owner => (bool?)owner!["controller"] == true);

    /// <summary>Whether the object is deleted together with another.</summary>
    public static bool HasOwner(JsonObject resource) => resource["metadata"]?["ownerReferences"] is JsonArray { Count: > 0 };
}
