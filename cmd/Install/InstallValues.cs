using System.Collections.Immutable;

namespace Depmap.Plugin.Install;

/// <summary>What an installation may be told to be. What is not said is as in <c>manifests/</c>.</summary>
internal sealed record InstallValues
{
    /// <summary>The relay's namespace; the agents' is <see cref="AgentNamespace"/>.</summary>
    public string Namespace { get; init; } = "depmap";

    public string AgentNamespace => $"{Namespace}-agents";

    /// <summary>Where both images are, without a slash at the end.</summary>
    public string Registry { get; init; } = "localhost";

    /// <summary>The image of a component, in place of the registry's.</summary>
    public ImmutableSortedDictionary<string, string> Images { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Name of a Secret of type kubernetes.io/dockerconfigjson in both namespaces.</summary>
    public string? PullSecret { get; init; }

    /// <summary>Labels that a node must have to be given pods.</summary>
    public ImmutableSortedDictionary<string, string> NodeSelector { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Empty: agents tolerate all taints, the relay none.</summary>
    public ImmutableArray<Toleration> Tolerations { get; init; } = [];

    /// <summary>Variables of a component's programs: <c>agent</c> or <c>relay</c>, then variable and value.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>> Settings { get; init; } =
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, string>>.Empty;

    /// <summary>The size of the relay's volume, as a Kubernetes quantity; null for none.</summary>
    public string? Persist { get; init; }

    /// <summary>Null: the cluster's default class.</summary>
    public string? PersistClass { get; init; }

    /// <summary>For runtimes that know neither BPF nor PERFMON, and kernels before 5.11: SYS_ADMIN and SYS_RESOURCE in their place.</summary>
    public bool LegacyCapabilities { get; init; }

    /// <summary>With the right of the relay to remove it all.</summary>
    public bool IsTrial { get; init; }
}
