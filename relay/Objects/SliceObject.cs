using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>An EndpointSlice, with some or all of a service's backends.</summary>
internal sealed record SliceObject
{
    public required ServiceId Service { get; init; }
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];
    public IReadOnlyList<SliceEndpoint> Endpoints { get; init; } = [];
}
