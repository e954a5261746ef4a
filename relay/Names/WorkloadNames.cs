using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Finds a pod's top-level controller: Pod → ReplicaSet → Deployment, Pod → Job → CronJob, and so on.</summary>
internal static class WorkloadNames
{
    // Owner references can form a cycle; no real chain is this long.
    private const int MaxChainLength = 8;

    /// <summary>The pod as the owner of an address, with its workload.</summary>
    public static Owner GetOwner(PodObject pod, ClusterObjects objects) =>
        new(pod.Node, pod.Namespace, pod.Name, GetWorkload(pod, objects), pod.ProbePorts);

    /// <summary><c>KIND/NAME</c>, such as <c>Deployment/web</c>; <c>Pod/NAME</c> for a pod without a controller.</summary>
    public static string GetWorkload(PodObject pod, ClusterObjects objects)
    {
        if (pod.Controller is not { } owner)
            return "Pod/" + pod.Name;
        for (int i = 0; i < MaxChainLength; i++)
        {
            bool known = objects.Owners.TryGetValue(new WorkloadId(owner.Kind, pod.Namespace, owner.Name), out OwnerReference? parent);
            if (!known && GetDeployment(owner, pod.TemplateHash) is { } deployment)
                return deployment;
            if (parent is null)
                break;
            owner = parent.Value;
        }

        return $"{owner.Kind}/{owner.Name}";
    }

    // A Deployment's ReplicaSet is named NAME-HASH, and its pods have the hash as a label.
    private static string? GetDeployment(OwnerReference owner, string? hash) =>
        owner.Kind == "ReplicaSet" && hash is { Length: > 0 } && owner.Name.EndsWith("-" + hash, StringComparison.Ordinal)
            ? "Deployment/" + owner.Name[..^(hash.Length + 1)]
            : null;
}
