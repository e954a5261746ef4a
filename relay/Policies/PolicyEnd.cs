using Depmap.Relay.Flows;

namespace Depmap.Relay.Policies;

/// <summary>One end of a connection, as policies see it.</summary>
/// <param name="Owner">Null for an address outside the cluster.</param>
/// <param name="Address">After translation.</param>
internal readonly record struct PolicyEnd(Owner? Owner, Address Address)
{
    /// <summary>Policies do not apply to pods on their node's network, and cannot tell them from their node.</summary>
    public bool IsPod => Owner is { Pod: not null, HostNetwork: false };

    public bool IsHost => Owner is not null && !IsPod;

    public LabelSet Labels => Owner?.Labels ?? LabelSet.Empty;

    /// <summary><c>shop/web</c>, <c>node n1</c> or an address.</summary>
    public override string ToString() => Owner switch
    {
        null => Address.ToString(),
        { Pod: { } pod } => $"{Owner.Namespace}/{Owner.Workload?.Split('/')[^1] ?? pod}",
        _ => $"node {Owner.Node}",
    };
}
