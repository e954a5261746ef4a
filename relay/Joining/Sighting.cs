using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>What one interface, or the kernel's drop tracepoint, saw of one flow as of now. Counters are totals.</summary>
internal readonly record struct Sighting
{
    /// <summary>Unique within the agent's epoch.</summary>
    public required ulong Id { get; init; }
    public required Protocol Protocol { get; init; }
    public required Side Side { get; init; }
    public required State State { get; init; }
    public required AddressPort Client { get; init; }
    public required AddressPort Server { get; init; }

    /// <summary>First and last packet, Unix nanoseconds by the agent's clock.</summary>
    public required long Opened { get; init; }
    public long Last { get; init; }
    public bool Ended { get; init; }

    /// <summary>Of the client's SYN; no NAT changes it. Null where no SYN was seen.</summary>
    public uint? InitialSequence { get; init; }
    public ulong HandshakeNs { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public DropReason DropReason { get; init; }
    public string? DropDetail { get; init; }

    /// <summary>Who opened it was inferred from the ports.</summary>
    public bool Guessed { get; init; }

    /// <summary>Sides Node and Server: both ends before translation, where the connection tracker knew them.</summary>
    public (AddressPort Client, AddressPort Server)? Original { get; init; }

    /// <summary>Side Client only: both ends after translation, where the connection tracker knew them.</summary>
    public (AddressPort Client, AddressPort Server)? Translated { get; init; }

    /// <summary>The client as it named itself, as far as this sighting knows.</summary>
    public AddressPort Opener => Original?.Client ?? Client;

    /// <summary>The end that the client asked for, as far as this sighting knows.</summary>
    public AddressPort Asked => Original?.Server ?? Server;

    /// <summary>Side Server only: the client's address is one of the agent's node's own.</summary>
    public bool ClientIsNode { get; init; }

    public bool SawOpening => Protocol == Protocol.Tcp ? InitialSequence is not null : !Guessed;

    /// <summary>The same seen the other way round, for when the client was guessed wrong.</summary>
    public Sighting Reversed() => this with
    {
        Side = Side == Side.Client ? Side.Server : Side.Client,
        Client = Server,
        Server = Client,
        ClientIsNode = false,
        Original = null,
        Translated = null,
        BytesToServer = BytesToClient,
        BytesToClient = BytesToServer,
    };
}
