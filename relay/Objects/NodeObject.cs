using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>A node of the cluster.</summary>
/// <param name="Obstacle">Why it cannot run the agent; null if it can.</param>
/// <param name="IsReady">False if its kubelet reports a failure, or does not respond.</param>
internal sealed record NodeObject(string Name, IReadOnlyList<Address> Addresses, string? Obstacle = null, bool IsReady = true)
{
    /// <summary>The label <c>topology.kubernetes.io/zone</c>; null if it has none.</summary>
    public string? Zone { get; init; }

    /// <summary>The addresses that it gives to its pods (<c>spec.podCIDRs</c>); some CNI plugins use others.</summary>
    public IReadOnlyList<AddressRange> PodRanges { get; init; } = [];
}
