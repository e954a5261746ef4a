using System.Text.Json.Nodes;
using Depmap.V1;

namespace Depmap.Plugin.Policies;

/// <summary>The labels by which policies select the pods of a workload.</summary>
internal sealed class WorkloadSelector
{
    // Set by Kubernetes for one revision, pod or run, or changed by each release:
    // https://kubernetes.io/docs/reference/labels-annotations-taints/
    private static readonly HashSet<string> Unstable =
    [
        "pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index", "controller-uid", "job-name", "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index", "rollouts-pod-template-hash",
        "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart", "chart", "heritage",
    ];

    private readonly Dictionary<(string, string), SortedDictionary<string, string>> _labels = [];

    public WorkloadSelector(IEnumerable<TrafficWorkload> workloads)
    {
        foreach (TrafficWorkload workload in workloads)
        {
            _labels[(workload.Namespace, workload.Name)] = new SortedDictionary<string, string>(
                workload.Labels.Where(label => !Unstable.Contains(label.Key)).ToDictionary(), StringComparer.Ordinal);
        }
    }

    /// <summary>A meta/v1 LabelSelector; null if the pods have no label that is theirs for good.</summary>
    public JsonObject? Find(string ns, string workload)
    {
        if (_labels.GetValueOrDefault((ns, workload)) is not { Count: > 0 } labels)
            return null;
        var map = new JsonObject();
        foreach ((string key, string value) in labels)
            map[key] = value;
        return new JsonObject { ["matchLabels"] = map };
    }

    /// <summary>Other workloads that the same labels select.</summary>
    public IEnumerable<string> AlsoSelected(string ns, string workload)
    {
        SortedDictionary<string, string> labels = _labels[(ns, workload)];
        return _labels.Where(other => other.Key.Item1 == ns && other.Key.Item2 != workload
                && labels.All(label => other.Value.GetValueOrDefault(label.Key) == label.Value))
            .Select(other => other.Key.Item2).Order(StringComparer.Ordinal);
    }
}
