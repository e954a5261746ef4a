using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>A NetworkPolicy, AdminNetworkPolicy or BaselineAdminNetworkPolicy.</summary>
internal sealed record PolicyObject
{
    public required PolicyKind Kind { get; init; }

    /// <summary>Empty for the kinds that belong to no namespace.</summary>
    public string Namespace { get; init; } = "";
    public required string Name { get; init; }

    /// <summary>Of an AdminNetworkPolicy: lower numbers are evaluated first.</summary>
    public int Priority { get; init; }

    /// <summary>The namespaces of the selected pods; null for the policy's own.</summary>
    public LabelSelector? Namespaces { get; init; }

    /// <summary>The selected pods.</summary>
    public LabelSelector Pods { get; init; } = LabelSelector.All;

    /// <summary>The rules for connections to the selected pods; null if the policy does not restrict them.</summary>
    public IReadOnlyList<PolicyRule>? Ingress { get; init; }

    /// <summary>The same for connections from them.</summary>
    public IReadOnlyList<PolicyRule>? Egress { get; init; }

    /// <summary>Fields that are not understood, such as domain names; null if there are none.</summary>
    public string? Ignored { get; init; }
}
