namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>What the command line says about the cluster; null where it says nothing.</summary>
/// <param name="RequestTimeout">Zero: no end.</param>
internal sealed record ClusterChoice(
    string? Kubeconfig = null,
    string? Context = null,
    string? Cluster = null,
    string? User = null,
    string? As = null,
    string? AsUid = null,
    IReadOnlyList<string>? AsGroups = null,
    TimeSpan? RequestTimeout = null);
