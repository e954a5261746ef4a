namespace Depmap.Plugin.Cluster.Kubeconfig;

/// <summary>The cluster options of the command line; null for those not given.</summary>
/// <param name="RequestTimeout">Zero for no timeout.</param>
internal sealed record ClusterChoice(
    string? Kubeconfig = null,
    string? Context = null,
    string? Cluster = null,
    string? User = null,
    string? As = null,
    string? AsUid = null,
    IReadOnlyList<string>? AsGroups = null,
    TimeSpan? RequestTimeout = null);
