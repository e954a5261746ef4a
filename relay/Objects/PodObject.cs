using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>A pod. Times are Unix nanoseconds.</summary>
internal sealed record PodObject
{
    /// <summary>Its uid; where the file has none, its namespace and name.</summary>
    public required string Id { get; init; }

    /// <summary>What its kubelet calls a static pod, whose object has a uid of its own; null for all others.</summary>
    public string? StaticUid { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public string Node { get; init; } = "";
    public IReadOnlyList<Address> Addresses { get; init; } = [];
    public bool HostNetwork { get; init; }

    /// <summary>Of the host network only: the ports of the node that its containers name; null for none.</summary>
    public IReadOnlyList<HostPort>? HostPorts { get; init; }

    /// <summary>Phase Succeeded or Failed: the address it still lists may already be another's.</summary>
    public bool Finished { get; init; }
    public long? Started { get; init; }
    public long? Deleted { get; init; }

    /// <summary>TCP ports named for a liveness, readiness or startup probe; null for none.</summary>
    public IReadOnlyList<ushort>? ProbePorts { get; init; }
    public OwnerReference? Controller { get; init; }

    /// <summary>The label pod-template-hash, which a Deployment's ReplicaSet carries in its name.</summary>
    public string? TemplateHash { get; init; }
}
