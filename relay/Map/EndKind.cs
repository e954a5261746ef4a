namespace Depmap.Relay.Map;

internal enum EndKind
{
    Address,
    Node,
    Workload,
    Service,

    /// <summary>An external host by its DNS name, however many addresses it has.</summary>
    ResolvedName,

    /// <summary>All addresses outside the cluster without a better name, or all of a network that the user named.</summary>
    Outside,

    /// <summary>Multicast or broadcast addresses.</summary>
    Multicast,
}
