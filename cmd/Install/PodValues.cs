using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Depmap.Plugin.Install;

/// <summary>The configuration of the pods of one component. The defaults are those of <c>manifests/</c>.</summary>
internal sealed record PodValues
{
    /// <summary>Merged into the container's resources. Null removes an amount.</summary>
    public JsonObject Resources { get; init; } = [];

    /// <summary>Merged into the pod's affinity.</summary>
    public JsonObject Affinity { get; init; } = [];

    /// <summary>Added to the pod's annotations.</summary>
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The port of probes and metrics. Agents listen on it in the network of their node.</summary>
    public int? HealthPort { get; init; }

    /// <summary>The port that agents connect to. Only the relay has it.</summary>
    public int? IntakePort { get; init; }

    /// <summary>The SELinux type of the pods. Only agents have it.</summary>
    public string? SeLinuxType { get; init; }

    /// <summary>The priority class of the pods; null for <c>system-node-critical</c>. Only agents have it.</summary>
    public string? PriorityClass { get; init; }
}
