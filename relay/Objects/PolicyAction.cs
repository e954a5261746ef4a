namespace Depmap.Relay.Objects;

/// <summary>What a rule does with a connection that it matches. Those of NetworkPolicies allow.</summary>
internal enum PolicyAction
{
    Allow,
    Deny,

    /// <summary>Leave it to the NetworkPolicies.</summary>
    Pass,
}
