using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>A flow with the names that its addresses had at the flow's time. Flows share the instances of names.</summary>
internal readonly record struct NamedFlow
{
    /// <summary>The same if the flow is published again with another verdict; unique otherwise.</summary>
    public ulong Id { get; init; }

    /// <summary>Unix nanoseconds.</summary>
    public required long Time { get; init; }

    /// <summary>Time of the last known packet, Unix nanoseconds.</summary>
    public long LastSeen { get; init; }
    public required Decision Decision { get; init; }
    public required Protocol Protocol { get; init; }
    public required AddressPort Source { get; init; }
    public required AddressPort Destination { get; init; }

    /// <summary>The endpoint that served the flow, if translation made it differ from the destination.</summary>
    public AddressPort? Backend { get; init; }
    public Owner? SourceOwner { get; init; }
    public ServiceId? Service { get; init; }

    /// <summary>The owner of the backend if there is one, otherwise of the destination.</summary>
    public Owner? DestinationOwner { get; init; }

    /// <summary>Set only if the destination is not a service and has no known owner.</summary>
    public ResolvedName? ResolvedName { get; init; }
    public required string Node { get; init; }
    public ulong HandshakeNs { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public bool Guessed { get; init; }

    /// <summary>How it ended; null for a flow as it was published.</summary>
    public FlowClose? Close { get; init; }

    /// <summary>What policies say about a dropped flow; null unless they may have dropped it.</summary>
    public PolicyVerdict? Policy { get; init; }

    /// <summary>See <see cref="ProbeRule"/>.</summary>
    public bool IsProbe => ProbeRule.IsProbe(this);

    /// <summary>See <see cref="OwnTraffic"/>.</summary>
    public bool IsOwn { get; init; }
}
