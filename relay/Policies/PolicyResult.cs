namespace Depmap.Relay.Policies;

/// <summary>What policies decide about a connection. A direction is null if no policy selects its pod.</summary>
internal sealed record PolicyResult(DirectionResult? Egress, DirectionResult? Ingress)
{
    public bool Allowed => Egress is not { Allowed: false } && Ingress is not { Allowed: false };
}
