using System.Collections.Immutable;
using Depmap.Plugin.Objects;

namespace Depmap.Plugin.Install;

/// <summary>The configuration of an installation. The defaults are those of <c>manifests/</c>.</summary>
internal sealed record InstallValues
{
    /// <summary>The relay's namespace.</summary>
    public string Namespace { get; init; } = ProductNames.Namespace;

    public string AgentNamespace => ProductNames.AgentNamespace(Namespace);

    /// <summary>The prefix of both images, without a trailing slash; null for that of this build.</summary>
    public string? Registry { get; init; }

    /// <summary>Images by component, instead of those in <see cref="Registry"/>.</summary>
    public ImmutableSortedDictionary<string, string> Images { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>The name of a Secret of type kubernetes.io/dockerconfigjson in both namespaces.</summary>
    public string? PullSecret { get; init; }

    /// <summary>Labels that a node must have to run pods of Depmap.</summary>
    public ImmutableSortedDictionary<string, string> NodeSelector { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>If empty, agents tolerate all taints and the relay none.</summary>
    public ImmutableArray<Toleration> Tolerations { get; init; } = [];

    /// <summary>Environment variables by component.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Settings { get; init; } =
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>>.Empty;

    /// <summary>What is configured for the agents' pods.</summary>
    public PodValues Agent { get; init; } = new();

    /// <summary>What is configured for the relay's pod.</summary>
    public PodValues Relay { get; init; } = new();

    /// <summary>The size of the relay's volume as a Kubernetes quantity; null for no volume.</summary>
    public string? Persist { get; init; }

    /// <summary>The StorageClass; null for the cluster's default class.</summary>
    public string? PersistClass { get; init; }

    /// <summary>
    /// SYS_ADMIN and SYS_RESOURCE instead of BPF and PERFMON, for container runtimes without those and kernels before 5.11.
    /// </summary>
    public bool LegacyCapabilities { get; init; }

    /// <summary>Whether the cluster is OpenShift; null to ask it.</summary>
    public bool? OpenShift { get; init; }

    public CertificateValues Certificates { get; init; } = new();

    /// <summary>Whether the relay may delete the installation.</summary>
    public bool IsTrial { get; init; }
}
