using Depmap.Plugin.Objects;
using Depmap.V1;

namespace Depmap.Plugin.Options;

/// <summary>Converts references to messages for the relay.</summary>
internal static class ReferenceMessage
{
    /// <param name="reference">What the user typed.</param>
    /// <param name="ns">The namespace of names without one.</param>
    public static Reference Create(ObjectReference reference, string ns) => new()
    {
        Kind = reference.Kind switch
        {
            ObjectKind.Workload => ReferenceKind.Workload,
            ObjectKind.Pod => ReferenceKind.Pod,
            ObjectKind.Service => ReferenceKind.Service,
            ObjectKind.Namespace => ReferenceKind.Namespace,
            ObjectKind.Node => ReferenceKind.Node,
            ObjectKind.Address => ReferenceKind.Address,
            ObjectKind.Outside => ReferenceKind.Outside,
            _ => ReferenceKind.Any,
        },
        Namespace = reference.IsNamespaced ? reference.Namespace ?? ns : "",
        Name = reference.Name,
        WorkloadKind = reference.WorkloadKind ?? "",
    };
}
