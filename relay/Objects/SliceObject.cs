using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>An EndpointSlice: some of the backends of a service.</summary>
internal sealed record SliceObject
{
    public required ServiceId Service { get; init; }
    public IReadOnlyList<ServicePortObject> Ports { get; init; } = [];
    public IReadOnlyList<SliceEndpoint> Endpoints { get; init; } = [];
}
