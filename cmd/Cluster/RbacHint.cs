namespace Depmap.Plugin.Cluster;

/// <summary>Errors for requests that RBAC forbids, with a Role that allows them.</summary>
internal static class RbacHint
{
    public static RelayException PortForwardForbidden(string ns, Exception cause) => Forbidden("port-forward to the relay", ns, cause);

    public static RelayException ListForbidden(string ns) => Forbidden("list pods to find the relay", ns, null);

    private static RelayException Forbidden(string action, string ns, Exception? cause) =>
        new($"you are not allowed to {action} in namespace {ns}. Ask an administrator for this Role and a RoleBinding to it:", cause)
        {
            IsFinal = true,
            // A WebSocket is a GET, which needs "get". API servers from 1.35 on also require "create".
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
