using Depmap.Relay.Flows;
using Depmap.V1;
using static Depmap.Relay.Tests.Names.TestCluster;
using Sighting = Depmap.Relay.Joining.Sighting;

namespace Depmap.Relay.Tests.Joining;

/// <summary>Basic sightings: web connects to the service cart over TCP, or queries DNS over UDP.</summary>
internal static class Sightings
{
    public const long Opened = JoinerBench.Start;

    /// <summary>At web's interface: web → service cart.</summary>
    public static Sighting AtWeb(State state, uint? sequence = 77) => new()
    {
        Id = 1,
        Protocol = Protocol.Tcp,
        Side = Side.Client,
        State = state,
        Client = Web,
        Server = CartService,
        Opened = Opened,
        LastSeen = Opened,
        InitialSequence = sequence,
        Guessed = sequence is null,
        HandshakeNs = state == State.Established ? 180_000UL : 0,
    };

    /// <summary>At cart's interface: web → cart.</summary>
    public static Sighting AtCart(State state, uint? sequence = 77) => AtWeb(state, sequence) with
    {
        Id = 2,
        Side = Side.Server,
        Server = Cart,
        Opened = Opened + 50_000,
        LastSeen = Opened + 50_000,
        HandshakeNs = 0,
    };

    /// <summary>A packet dropped on a node, with its addresses at that time.</summary>
    public static Sighting Drop(AddressPort server, DropReason reason = DropReason.Policy, string detail = "NETFILTER_DROP") =>
        AtWeb(State.Dropped) with
        {
            Id = 3,
            Side = Side.Node,
            Server = server,
            DropReason = reason,
            DropDetail = detail,
            Ended = true,
        };

    /// <summary>At web's interface: web → service kube-dns.</summary>
    public static Sighting DnsAtWeb(State state) => AtWeb(state, null) with
    {
        Id = 4,
        Protocol = Protocol.Udp,
        Server = DnsService,
        Guessed = false,
        HandshakeNs = 0,
    };

    /// <summary>At the DNS pod's interface.</summary>
    public static Sighting AtDns(State state) =>
        DnsAtWeb(state) with { Id = 5, Side = Side.Server, Server = Dns, Opened = Opened + 50_000, LastSeen = Opened + 50_000 };

    public static Sighting Failed(this Sighting sighting, DropReason reason) =>
        sighting with { State = State.Dropped, DropReason = reason, HandshakeNs = 0 };
}
