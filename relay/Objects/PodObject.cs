using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>A pod. Times are Unix nanoseconds.</summary>
internal sealed record PodObject
{
    /// <summary>The uid; namespace and name if the file has no uid.</summary>
    public required string Id { get; init; }

    /// <summary>The kubelet's uid of a static pod, which differs from the uid of its object; null for other pods.</summary>
    public string? StaticUid { get; init; }
    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public string Node { get; init; } = "";
    public IReadOnlyList<Address> Addresses { get; init; } = [];
    public bool HostNetwork { get; init; }

    /// <summary>For host-network pods: the declared container ports; null if there are none.</summary>
    public IReadOnlyList<HostPort>? HostPorts { get; init; }

    /// <summary>See <see cref="FinishedPods"/>.</summary>
    public bool Finished { get; init; }
    public long? Started { get; init; }
    public long? Deleted { get; init; }

    /// <summary>TCP ports declared for a liveness, readiness or startup probe; null if there are none.</summary>
    public IReadOnlyList<ushort>? ProbePorts { get; init; }
    public OwnerReference? Controller { get; init; }

    /// <summary>The label <c>pod-template-hash</c>, which is part of the name of a Deployment's ReplicaSet.</summary>
    public string? TemplateHash { get; init; }
}
