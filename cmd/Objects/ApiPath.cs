using System.Text.Json.Nodes;

namespace Depmap.Plugin.Objects;

/// <summary>The API paths of the kinds of objects that Depmap consists of.</summary>
internal static class ApiPath
{
    private static readonly Dictionary<string, ApiResource> Resources = new(StringComparer.Ordinal)
    {
        ["Namespace"] = new("", "v1", "namespaces"),
        // Before Secret: cert-manager makes a deleted Secret again as long as its Certificate exists.
        ["Certificate"] = new("cert-manager.io", "v1", "certificates"),
        ["Secret"] = new("", "v1", "secrets"),
        ["ConfigMap"] = new("", "v1", "configmaps"),
        ["Service"] = new("", "v1", "services"),
        ["ServiceAccount"] = new("", "v1", "serviceaccounts"),
        ["PersistentVolumeClaim"] = new("", "v1", "persistentvolumeclaims"),
        ["ResourceQuota"] = new("", "v1", "resourcequotas"),
        ["Deployment"] = new("apps", "v1", "deployments"),
        ["DaemonSet"] = new("apps", "v1", "daemonsets"),
        ["Role"] = new("rbac.authorization.k8s.io", "v1", "roles"),
        ["RoleBinding"] = new("rbac.authorization.k8s.io", "v1", "rolebindings"),
        ["ClusterRole"] = new("rbac.authorization.k8s.io", "v1", "clusterroles"),
        ["ClusterRoleBinding"] = new("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
        ["SecurityContextConstraints"] = new("security.openshift.io", "v1", "securitycontextconstraints"),
        ["NetworkPolicy"] = new("networking.k8s.io", "v1", "networkpolicies"),
        ["PodDisruptionBudget"] = new("policy", "v1", "poddisruptionbudgets"),
    };

    /// <summary>All kinds that an installation may contain.</summary>
    public static IEnumerable<string> Kinds => Resources.Keys;

    public static ApiResource ResourceOf(string kind) => Resources[kind];

    public static bool IsNamespaced(string kind) =>
        kind is not ("Namespace" or "ClusterRole" or "ClusterRoleBinding" or "SecurityContextConstraints");

    /// <summary>Whether a cluster may lack the API of the kind.</summary>
    public static bool IsOptional(string kind) => kind is "Certificate" or "SecurityContextConstraints";

    public static string Of(JsonObject resource) => $"{OfKind(resource.Kind, resource.Namespace)}/{resource.Name}";

    /// <param name="ns">Null for a cluster-scoped kind, or for all namespaces.</param>
    public static string OfKind(string kind, string? ns)
    {
        ApiResource resource = Resources[kind];
        string root = Root(kind);
        return ns is null ? $"{root}/{resource.Plural}" : $"{root}/namespaces/{ns}/{resource.Plural}";
    }

    /// <summary>The path of the kind's API. Every user may get it, if it exists.</summary>
    public static string Root(string kind)
    {
        ApiResource resource = Resources[kind];
        return resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
    }
}
