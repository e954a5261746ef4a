using Depmap.Relay.Flows;
using Depmap.V1;

namespace Depmap.Relay.Joining;

/// <summary>The current state of one flow as observed at one interface, or by the kernel's drop tracepoint. Counters are totals.</summary>
internal readonly record struct Sighting
{
    /// <summary>Unique within the agent's epoch.</summary>
    public required ulong Id { get; init; }
    public required Protocol Protocol { get; init; }
    public required Side Side { get; init; }
    public required State State { get; init; }
    public required AddressPort Client { get; init; }
    public required AddressPort Server { get; init; }

    /// <summary>Time of the first packet, Unix nanoseconds by the agent's clock.</summary>
    public required long Opened { get; init; }
    public long LastSeen { get; init; }
    public bool Ended { get; init; }

    /// <summary>The sequence number of the client's SYN, which NAT does not change; null if no SYN was observed.</summary>
    public uint? InitialSequence { get; init; }
    public ulong HandshakeNs { get; init; }
    public ulong BytesToServer { get; init; }
    public ulong BytesToClient { get; init; }
    public ulong PacketsToServer { get; init; }
    public ulong PacketsToClient { get; init; }
    public DropReason DropReason { get; init; }
    public string? DropDetail { get; init; }

    /// <summary>The client was inferred from the port numbers.</summary>
    public bool Guessed { get; init; }

    /// <summary>For sides Node and Server: both endpoints before translation, if the connection tracker knows them.</summary>
    public (AddressPort Client, AddressPort Server)? Original { get; init; }

    /// <summary>For side Client: both endpoints after translation, if the connection tracker knows them.</summary>
    public (AddressPort Client, AddressPort Server)? Translated { get; init; }

    /// <summary>The client before translation, as far as this sighting knows.</summary>
    public AddressPort OriginalClient => Original?.Client ?? Client;

    /// <summary>The server before translation, as far as this sighting knows.</summary>
    public AddressPort OriginalServer => Original?.Server ?? Server;

    /// <summary>For side Server: the client's address belongs to the agent's node.</summary>
    public bool ClientIsNode { get; init; }

    /// <summary>The flow is older than <see cref="Opened"/>, which is when the agent saw it first.</summary>
    public bool Older { get; init; }

    /// <summary>
    /// Since when the observing interface leads to its pod, the client or the server: Unix nanoseconds by the agent's clock, null if
    /// unknown.
    /// </summary>
    public long? InterfaceSince { get; init; }

    public bool SawOpening => Protocol == Protocol.Tcp ? InitialSequence is not null : !Guessed && !Older;

    /// <summary>
    /// The sighting with client and server exchanged, for a client that was guessed wrong, or a dropped response that looked like a
    /// request.
    /// </summary>
    public Sighting Reversed() => this with
    {
        Side = Side switch { Side.Client => Side.Server, Side.Server => Side.Client, _ => Side },
        Client = Server,
        Server = Client,
        ClientIsNode = false,
        Original = null,
        Translated = null,
        BytesToServer = BytesToClient,
        BytesToClient = BytesToServer,
        PacketsToServer = PacketsToClient,
        PacketsToClient = PacketsToServer,
    };
}
