namespace Depmap.Plugin.Cluster;

/// <summary>Says what a user may not do, with the Role that would let them.</summary>
internal static class MissingRule
{
    public static RelayException ToForward(string space, Exception cause) => Forbidden("port-forward to the relay", space, cause);

    public static RelayException ToList(string space) => Forbidden("list pods to find the relay", space, null);

    private static RelayException Forbidden(string what, string space, Exception? cause) =>
        new($"you may not {what} in namespace {space}. What is missing is this Role, and a RoleBinding of it to you:", cause)
        {
            IsFinal = true,
            // A WebSocket is a GET, which asks for "get"; API servers from 1.35 on ask for "create" as well.
            Remedy = $"""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata:
                  name: depmap-reader
                  namespace: {space}
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
