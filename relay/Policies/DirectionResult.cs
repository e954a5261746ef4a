using Depmap.Relay.Objects;

namespace Depmap.Relay.Policies;

/// <summary>What the policies of one end decide about a connection.</summary>
/// <param name="IsIngress">Whether it is the server's end.</param>
/// <param name="Selecting">The policies that select its pod in this direction; never empty.</param>
/// <param name="Deciding">
/// The policy with the rule that matched; null if none did, or if the other end is the pod's own node, which no policy can forbid.
/// </param>
internal sealed record DirectionResult(
    bool IsIngress, bool Allowed, IReadOnlyList<PolicyObject> Selecting, PolicyObject? Deciding);
