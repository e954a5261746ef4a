using Depmap.Relay.Flows;
using Depmap.Relay.Objects;

namespace Depmap.Relay.Names;

/// <summary>
/// Finds a pod's top-level controller: Pod → ReplicaSet → Deployment, Pod → Job → CronJob, and so on. A pod outlives its
/// controllers for a while, or for good (<c>--cascade=orphan</c>): it keeps the name that it had with them.
/// </summary>
internal static class WorkloadNames
{
    // Owner references can form a cycle; no real chain is this long.
    private const int MaxChainLength = 8;

    /// <summary>The pod as the owner of an address, with its workload.</summary>
    public static Owner GetOwner(PodObject pod, ClusterObjects objects) =>
        new(
            pod.Node,
            pod.Namespace,
            pod.Name,
            GetWorkload(pod, objects),
            pod.ProbePorts,
            pod.Labels.All.Count > 0 ? pod.Labels : null,
            pod.NamedPorts,
            pod.HostNetwork);

    /// <summary>
    /// <c>KIND/NAME</c>, such as <c>Deployment/web</c>; <c>Pod/NAME</c> for a pod without a controller, and for a static pod,
    /// without the name of its node.
    /// </summary>
    public static string GetWorkload(PodObject pod, ClusterObjects objects) =>
        (objects.Workloads.GetValueOrDefault(pod.Id) ?? Find(pod, objects)).Name;

    /// <summary>The workloads of all pods that have a controller, to pass with the next snapshot.</summary>
    public static Dictionary<string, Workload> FindAll(ClusterObjects objects)
    {
        var all = new Dictionary<string, Workload>(objects.Pods.Count);
        foreach (PodObject pod in objects.Pods)
        {
            if (Find(pod, objects) is { Links: > 0 } workload)
                all[pod.Id] = workload;
        }

        return all;
    }

    // From the same controller, a chain only gets shorter if an object is deleted.
    private static Workload Find(PodObject pod, ClusterObjects objects)
    {
        Workload now = Follow(pod, objects);
        return objects.FormerWorkloads.GetValueOrDefault(pod.Id) is { } former && former.Links > now.Links
            && (now.Controller is null || now.Controller == former.Controller)
            ? former
            : now;
    }

    private static Workload Follow(PodObject pod, ClusterObjects objects)
    {
        if (pod.Controller is not { } owner)
            return new Workload("Pod/" + pod.Name);
        // The owner of a static pod is its node, which would be the workload of all static pods there.
        if (owner.Kind == "Node")
            return new Workload("Pod/" + WithoutNode(pod.Name, owner.Name), owner, 1);
        int links = 1;
        for (; links <= MaxChainLength; links++)
        {
            bool known = objects.Owners.TryGetValue(new WorkloadId(owner.Kind, pod.Namespace, owner.Name), out OwnerReference? parent);
            if (!known && (GetDeployment(owner, pod.TemplateHash) ?? GetDeploymentConfig(owner, pod.DeploymentConfig)) is { } inferred)
                return new Workload(inferred, pod.Controller, links);
            if (parent is null)
                break;
            owner = parent.Value;
        }

        return new Workload($"{owner.Kind}/{owner.Name}", pod.Controller, links);
    }

    // The kubelet appends the name of the node: kube-apiserver-cp-1.
    private static string WithoutNode(string pod, string node) =>
        pod.EndsWith("-" + node, StringComparison.OrdinalIgnoreCase) ? pod[..^(node.Length + 1)] : pod;

    // A Deployment's ReplicaSet is named NAME-HASH, and its pods have the hash as a label.
    private static string? GetDeployment(OwnerReference owner, string? hash) =>
        owner.Kind == "ReplicaSet" && hash is { Length: > 0 } && owner.Name.EndsWith("-" + hash, StringComparison.Ordinal)
            ? "Deployment/" + owner.Name[..^(hash.Length + 1)]
            : null;

    // OpenShift's ReplicationController is named NAME-VERSION. The relay does not read them: other clusters hardly have any.
    private static string? GetDeploymentConfig(OwnerReference owner, string? config) =>
        owner.Kind == "ReplicationController" && config is { Length: > 0 }
            && owner.Name.StartsWith(config + "-", StringComparison.Ordinal)
            ? "DeploymentConfig/" + config
            : null;
}
