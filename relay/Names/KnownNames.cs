using Depmap.Relay.Objects;
using Depmap.V1;

namespace Depmap.Relay.Names;

/// <summary>The names of a snapshot's objects. Nothing is computed before they are asked for.</summary>
internal sealed class KnownNames
{
    public static readonly KnownNames None = new(new ClusterObjects());

    private readonly List<PodObject> _pods;
    private readonly List<ServiceObject> _services;
    private readonly List<NodeObject> _nodes;
    private readonly Dictionary<string, Workload> _workloads;

    /// <param name="objects">Not kept, because the other tables are made of what else it has.</param>
    public KnownNames(ClusterObjects objects) =>
        (_pods, _services, _nodes, _workloads) = (objects.Pods, objects.Services, objects.Nodes, objects.Workloads);

    /// <summary>All names of a kind, each once, in order.</summary>
    public IEnumerable<KnownName> List(NameKind kind) => (kind switch
    {
        NameKind.Namespace => _pods.Select(pod => pod.Namespace).Concat(_services.Select(service => service.Id.Namespace))
            .Select(ns => new KnownName(kind, "", ns)),
        NameKind.Service => _services.Select(service => new KnownName(kind, service.Id.Namespace, service.Id.Name)),
        NameKind.Workload => _pods.Select(WorkloadOf),
        NameKind.Pod => _pods.Where(pod => !pod.Finished).Select(pod => new KnownName(kind, pod.Namespace, pod.Name)),
        NameKind.Node => _nodes.Select(node => new KnownName(kind, "", node.Name)),
        _ => [],
    }).Distinct().Order();

    private KnownName WorkloadOf(PodObject pod) => _workloads.GetValueOrDefault(pod.Id)?.Name.Split('/', 2) is [var kind, var name]
        ? new KnownName(NameKind.Workload, pod.Namespace, name, kind)
        : new KnownName(NameKind.Workload, pod.Namespace, pod.Name, "Pod");
}
