using Depmap.Relay.Flows;

namespace Depmap.Relay.Map;

internal enum EndKind
{
    Address,
    Node,
    Workload,
    Service,

    /// <summary>Outside, by what the client asked DNS for: many addresses under one name are one end.</summary>
    Name,
}
