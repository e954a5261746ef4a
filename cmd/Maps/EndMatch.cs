using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Maps;

/// <summary>Which ends of edges an object, as the user typed it, stands for.</summary>
internal static class EndMatch
{
    /// <summary>A name without a namespace stands for objects of all namespaces.</summary>
    public static bool Matches(this ObjectReference reference, EndIdentity end) =>
        (reference.Namespace is not { } ns || end.Namespace == ns) && reference.Kind switch
        {
            ObjectKind.Namespace => (end.Namespace.Length > 0 ? end.Namespace : end.Kind == "namespace" ? end.Name : "") == reference.Name,
            ObjectKind.Service => end.Kind == "service" && end.Name == reference.Name,
            ObjectKind.Node => end.Kind == "node" && end.Name == reference.Name,
            ObjectKind.Address => end.Kind == "address" && end.Name == reference.Name,
            ObjectKind.Pod => end.Namespace.Length > 0 && PodNames.IsOf(reference.Name, end.Kind, end.Name),
            ObjectKind.Workload => end.Namespace.Length > 0 && end.Name == reference.Name
                && end.Kind.Equals(reference.WorkloadKind ?? end.Kind, StringComparison.OrdinalIgnoreCase) && end.Kind != "service",
            // A name with dots may be that of an object too.
            _ => end.Name == reference.Name
                || (reference.Kind == ObjectKind.Any && end.Namespace.Length > 0 && end.Kind != "service"
                    && PodNames.IsOf(reference.Name, end.Kind, end.Name) && IsKnownKind(end.Kind)),
        };

    private static bool IsKnownKind(string kind) =>
        kind is "deployment" or "statefulset" or "daemonset" or "replicaset" or "job" or "cronjob";
}
