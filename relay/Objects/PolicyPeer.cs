using Depmap.Relay.Flows;

namespace Depmap.Relay.Objects;

/// <summary>The other end that a rule is about: pods, a range of addresses, or nodes.</summary>
internal sealed record PolicyPeer
{
    /// <summary>Null for the policy's own namespace.</summary>
    public LabelSelector? Namespaces { get; init; }

    /// <summary>Null if the peer is not pods.</summary>
    public LabelSelector? Pods { get; init; }
    public AddressRange? Block { get; init; }

    /// <summary>Ranges within <see cref="Block"/> that it leaves out.</summary>
    public IReadOnlyList<AddressRange> Except { get; init; } = [];

    /// <summary>All nodes.</summary>
    public bool IsNodes { get; init; }
}
