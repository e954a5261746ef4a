using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>Where the API server keeps what Depmap is made of.</summary>
internal static class ApiPath
{
    private static readonly Dictionary<string, ApiResource> Resources = new(StringComparer.Ordinal)
    {
        ["Namespace"] = new("", "v1", "namespaces"),
        ["Secret"] = new("", "v1", "secrets"),
        ["ConfigMap"] = new("", "v1", "configmaps"),
        ["Service"] = new("", "v1", "services"),
        ["ServiceAccount"] = new("", "v1", "serviceaccounts"),
        ["PersistentVolumeClaim"] = new("", "v1", "persistentvolumeclaims"),
        ["Deployment"] = new("apps", "v1", "deployments"),
        ["DaemonSet"] = new("apps", "v1", "daemonsets"),
        ["ClusterRole"] = new("rbac.authorization.k8s.io", "v1", "clusterroles"),
        ["ClusterRoleBinding"] = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
        ["NetworkPolicy"] = new("networking.k8s.io", "v1", "networkpolicies"),
        ["PodDisruptionBudget"] = new("policy", "v1", "poddisruptionbudgets"),
    };

    /// <summary>All kinds an installation may have.</summary>
    public static IEnumerable<string> Kinds => Resources.Keys;

    public static ApiResource ResourceOf(string kind) => Resources[kind];

    public static bool IsNamespaced(string kind) => kind is not ("Namespace" or "ClusterRole" or "ClusterRoleBinding");

    public static string Of(JsonObject it) => $"{OfKind(it.Kind, it.Namespace)}/{it.Name}";

    /// <param name="space">Null for a kind of the whole cluster, or for all namespaces.</param>
    public static string OfKind(string kind, string? space)
    {
        ApiResource resource = Resources[kind];
        string root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        return space is null ? $"{root}/{resource.Plural}" : $"{root}/namespaces/{space}/{resource.Plural}";
    }
}

/// <param name="Group">Empty for the core group.</param>
internal readonly record struct ApiResource(string Group, string Version, string Plural);
