using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

internal sealed record ServiceObject
{
    public required ServiceId Id { get; init; }

    /// <summary>Cluster, external and load balancer addresses; empty for a headless service.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];
}
