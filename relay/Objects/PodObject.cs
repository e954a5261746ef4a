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

    /// <summary>Addresses of further interfaces, which Multus adds.</summary>
    public IReadOnlyList<Address> FurtherAddresses { get; init; } = [];
    public bool HostNetwork { get; init; }

    /// <summary>
    /// The declared ports of the node's address: the container ports of a host-network pod, and the host ports of another,
    /// which are translated to the pod's address. Null if there are none.
    /// </summary>
    public IReadOnlyList<HostPort>? HostPorts { get; init; }

    /// <summary>See <see cref="FinishedPods"/>.</summary>
    public bool Finished { get; init; }
    public long? Started { get; init; }

    /// <summary>
    /// When its network was last set up, in whole seconds; null before Kubernetes 1.29. The kubelet does not note each change of
    /// the address.
    /// </summary>
    public long? NetworkReady { get; init; }
    public long? Deleted { get; init; }

    /// <summary>TCP ports declared for a liveness, readiness or startup probe; null if there are none.</summary>
    public IReadOnlyList<ushort>? ProbePorts { get; init; }
    /// <summary>The container ports with names; null if there are none.</summary>
    public IReadOnlyList<NamedPort>? NamedPorts { get; init; }
    public LabelSet Labels { get; init; } = LabelSet.Empty;
    public OwnerReference? Controller { get; init; }

    /// <summary>The label <c>pod-template-hash</c>, which is part of the name of a Deployment's ReplicaSet.</summary>
    public string? TemplateHash { get; init; }

    /// <summary>The annotation of a pod that belongs to an OpenShift DeploymentConfig: its name.</summary>
    public string? DeploymentConfig { get; init; }
}
