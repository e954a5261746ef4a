namespace Depmap.Plugin.Maps;

/// <summary>What the ends of the map are.</summary>
internal enum MapLevel
{
    /// <summary>As the relay has it: clients by workload, servers by the service that was called.</summary>
    Called,
    Workload,
    Service,
    Namespace,
    Node,
    Zone,
}
