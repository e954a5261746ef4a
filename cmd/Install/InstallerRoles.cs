using System.Text.Json.Nodes;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>
/// The roles of a user who installs, uses and removes Depmap without being a cluster administrator. RBAC lets nobody grant more
/// than they have, so the roles include what the relay's roles allow.
/// </summary>
internal static class InstallerRoles
{
    private const string Name = "depmap-installer";

    private const string RbacGroup = "rbac.authorization.k8s.io";

    /// <param name="objects">All objects of an installation and of a trial.</param>
    public static IReadOnlyList<JsonObject> Build(IReadOnlyList<JsonObject> objects, InstallValues values, string user)
    {
        // The administrator creates the namespaces, because a Role must be in one.
        var all = new List<JsonObject>();
        foreach (string ns in (string[])[values.Namespace, values.AgentNamespace])
            all.Add(New("v1", "Namespace", ns, null));

        JsonObject cluster = New($"{RbacGroup}/v1", "ClusterRole", Name, null);
        cluster["rules"] = new JsonArray([.. ClusterRules(objects)]);
        all.Add(cluster);
        all.Add(Binding(cluster, user));
        foreach (string ns in (string[])[values.Namespace, values.AgentNamespace])
        {
            JsonObject role = New($"{RbacGroup}/v1", "Role", Name, ns);
            role["rules"] = new JsonArray([.. NamespaceRules(objects, ns, withRelay: ns == values.Namespace)]);
            all.Add(role);
            all.Add(Binding(role, user));
        }

        return all;
    }

    private static IEnumerable<JsonNode> ClusterRules(IReadOnlyList<JsonObject> objects)
    {
        foreach (IGrouping<string, JsonObject> kind in objects.Where(resource => resource.Namespace is null).GroupBy(it => it.Kind))
        {
            ApiResource resource = ApiPath.ResourceOf(kind.Key);
            yield return Rule(resource.Group, [resource.Plural], ["list", "create"]);
            JsonObject named = Rule(resource.Group, [resource.Plural], ["get", "patch", "delete"]);
            named["resourceNames"] = Strings(kind.Select(it => it.Name));
            yield return named;
        }

        yield return Rule("", ["nodes"], ["get", "list"]);
        foreach (JsonNode? granted in RulesOf(objects, "ClusterRole", null))
            yield return granted!.DeepClone();
    }

    private static IEnumerable<JsonNode> NamespaceRules(IReadOnlyList<JsonObject> objects, string ns, bool withRelay)
    {
        // All kinds, because uninstall looks for each in both namespaces.
        IEnumerable<ApiResource> kinds = ApiPath.Kinds.Where(ApiPath.IsNamespaced).Select(ApiPath.ResourceOf);
        foreach (IGrouping<string, ApiResource> group in kinds.GroupBy(kind => kind.Group))
            yield return Rule(group.Key, group.Select(kind => kind.Plural), ["get", "list", "create", "patch", "delete"]);
        yield return Rule("", ["pods", "events"], ["get", "list"]);
        if (withRelay)
            yield return Rule("", ["pods/portforward"], ["get", "create"]);
        foreach (JsonNode? granted in RulesOf(objects, "Role", ns))
            yield return granted!.DeepClone();
    }

    private static IEnumerable<JsonNode?> RulesOf(IEnumerable<JsonObject> objects, string kind, string? ns) => objects
        .Where(resource => resource.Kind == kind && resource.Namespace == ns)
        .SelectMany(role => role["rules"] as JsonArray ?? []);

    private static JsonObject Binding(JsonObject role, string user)
    {
        JsonObject binding = New($"{RbacGroup}/v1", $"{role.Kind}Binding", Name, role.Namespace);
        binding["roleRef"] = new JsonObject { ["apiGroup"] = RbacGroup, ["kind"] = role.Kind, ["name"] = Name };
        binding["subjects"] = new JsonArray(new JsonObject { ["apiGroup"] = RbacGroup, ["kind"] = "User", ["name"] = user });
        return binding;
    }

    private static JsonObject New(string version, string kind, string name, string? ns)
    {
        var resource = new JsonObject
        {
            ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name },
        };
        if (ns is not null)
            resource["metadata"]!["namespace"] = ns;
        return resource;
    }

    private static JsonObject Rule(string group, IEnumerable<string> resources, IEnumerable<string> verbs) => new()
    {
        ["apiGroups"] = new JsonArray(group), ["resources"] = Strings(resources), ["verbs"] = Strings(verbs),
    };

    private static JsonArray Strings(IEnumerable<string> words) => new([.. words.Select(word => JsonValue.Create(word))]);
}
