using Depmap.V1;

namespace Depmap.Relay.Flows;

/// <summary>A flow with the names its addresses had at its time. Shares its names with all others.</summary>
internal readonly record struct NamedFlow
{
    /// <summary>Unix nanoseconds.</summary>
    public required long Time { get; init; }

    /// <summary>Of the last packet known, Unix nanoseconds.</summary>
    public long Last { get; init; }
    public required Decision Decision { get; init; }
    public required Protocol Protocol { get; init; }
    public required AddressPort Source { get; init; }
    public required AddressPort Asked { get; init; }

    /// <summary>The end that answered, where it is another than the one asked.</summary>
    public AddressPort? Answered { get; init; }
    public Owner? SourceOwner { get; init; }
    public ServiceId? Service { get; init; }

    /// <summary>The owner of the end that answered, else of the one asked.</summary>
    public Owner? DestinationOwner { get; init; }

    /// <summary>What the client had asked DNS for, where the one asked is neither a service nor owned by anybody known.</summary>
    public ResolvedName? Outside { get; init; }
    public required string Node { get; init; }
    public ulong HandshakeNs { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public bool Guessed { get; init; }

    /// <summary>See <see cref="ProbeRule"/>.</summary>
    public bool Probe => ProbeRule.IsProbe(this);
}
