namespace Depmap.Plugin.Cluster;

/// <summary>Errors for requests that RBAC forbids, with a Role that allows them.</summary>
internal static class RbacHint
{
    public static RelayException PortForwardForbidden(string ns, Exception cause) => Forbidden("port-forward to the relay", ns, cause);

    public static RelayException ListForbidden(string ns) => Forbidden("list pods to find the relay", ns, null);

    /// <summary>The Roles of a user who may see the state of an installation.</summary>
    public static string StatusRoles(string ns, string agentNamespace) =>
        $"""
        {Role("depmap-reader", ns, "deployments")}
          - apiGroups: [""]
            resources: [pods/portforward]
            verbs: [get, create]
        ---
        {Role("depmap-reader", agentNamespace, "daemonsets")}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata:
          name: depmap-reader
        rules:
          - apiGroups: [""]
            resources: [nodes]
            verbs: [get, list]
        """;

    private static string Role(string name, string ns, string workloads) =>
        $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: {name}
          namespace: {ns}
        rules:
          - apiGroups: [apps]
            resources: [{workloads}]
            verbs: [get]
          - apiGroups: [""]
            resources: [pods]
            verbs: [list]
        """;

    private static RelayException Forbidden(string action, string ns, Exception? cause) =>
        new($"you are not allowed to {action} in namespace {ns}. Ask an administrator for this Role and a RoleBinding to it:", cause)
        {
            IsFinal = true,
            // A WebSocket is a GET, which needs "get"; SPDY is a POST, which needs "create", as a WebSocket does from 1.35 on.
            Manifest = $"""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: depmap-reader
                  namespace: {ns}
                rules:
                  - apiGroups: [""]
                    resources: [pods]
                    verbs: [list]
                  - apiGroups: [""]
                    resources: [pods/portforward]
                    verbs: [get, create]
                """,
        };
}
