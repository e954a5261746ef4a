namespace Depmap.Relay.Map;

internal enum EndKind
{
    Address,
    Node,
    Workload,
    Service,

    /// <summary>An external host by its DNS name, however many addresses it has.</summary>
    ResolvedName,
}
