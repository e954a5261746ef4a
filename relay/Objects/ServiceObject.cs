using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

internal sealed record ServiceObject
{
    public required ServiceId Id { get; init; }

    /// <summary>The cluster addresses; empty for a headless service.</summary>
    public IReadOnlyList<Address> Addresses { get; init; } = [];

    /// <summary>External and load balancer addresses.</summary>
    public IReadOnlyList<Address> ExternalAddresses { get; init; } = [];

    /// <summary><c>internalTrafficPolicy: Local</c>: a cluster address leads only to pods on the client's node.</summary>
    public bool IsInternalLocal { get; init; }

    /// <summary><c>externalTrafficPolicy: Local</c>: a node port leads only to pods on the node that was called.</summary>
    public bool IsExternalLocal { get; init; }
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];
}
