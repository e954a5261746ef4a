namespace Depmap.Relay.Objects;

/// <summary>A rule of a policy.</summary>
/// <param name="Peers">Empty for everything.</param>
/// <param name="Ports">Empty for all ports.</param>
internal sealed record PolicyRule(
    IReadOnlyList<PolicyPeer> Peers, IReadOnlyList<PolicyPort> Ports, PolicyAction Action = PolicyAction.Allow);
