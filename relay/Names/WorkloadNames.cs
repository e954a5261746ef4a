using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>Finds a pod's topmost controller: Pod → ReplicaSet → Deployment, Pod → Job → CronJob, and so on.</summary>
internal static class WorkloadNames
{
    // Objects may name each other in a ring; no real chain is this long.
    private const int LongestChain = 8;

    /// <summary>The pod as the owner of an address, with its workload.</summary>
    public static Owner OwnerOf(PodObject pod, ClusterObjects objects) =>
        new(pod.Node, pod.Namespace, pod.Name, WorkloadOf(pod, objects), pod.ProbePorts);

    /// <summary><c>KIND/NAME</c>, such as <c>Deployment/web</c>; <c>Pod/NAME</c> for a pod that nothing controls.</summary>
    public static string WorkloadOf(PodObject pod, ClusterObjects objects)
    {
        if (pod.Controller is not { } owner)
            return "Pod/" + pod.Name;
        for (int i = 0; i < LongestChain; i++)
        {
            bool known = objects.Owners.TryGetValue(new WorkloadId(owner.Kind, pod.Namespace, owner.Name), out OwnerReference? above);
            if (!known && DeploymentOf(owner, pod.TemplateHash) is { } deployment)
                return deployment;
            if (above is null)
                break;
            owner = above.Value;
        }

        return $"{owner.Kind}/{owner.Name}";
    }

    // A Deployment names its ReplicaSet NAME-HASH and labels the pods with the hash.
    private static string? DeploymentOf(OwnerReference owner, string? hash) =>
        owner.Kind == "ReplicaSet" && hash is { Length: > 0 } && owner.Name.EndsWith("-" + hash, StringComparison.Ordinal)
            ? "Deployment/" + owner.Name[..^(hash.Length + 1)]
            : null;
}
