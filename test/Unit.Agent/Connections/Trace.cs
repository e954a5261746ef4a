using System.Net;
using Depmap.Agent.Connections;
using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Tests.Connections;

/// <summary>
/// A trace of packets between a client and a server at one interface, as reported by the kernel's records. The pod is the
/// client or the server, depending on <c>side</c>. <see cref="Sightings"/> has the reports to the relay.
/// </summary>
internal sealed class Trace
{
    public const long BootTime = 1_700_000_000_000_000_000;

    private readonly Dictionary<ulong, Sighting> _latest = [];
    private readonly HashSet<Address> _node = [];
    private long _now = 1_000 * Timing.Second;

    /// <param name="started">When the agent started, in milliseconds of the trace; long ago by default.</param>
    /// <param name="tracker">The node's connection tracker; none by default.</param>
    public Trace(
        Side side = Side.Client,
        TransportProtocol protocol = TransportProtocol.Tcp,
        int capacity = 1000,
        double started = -900_000,
        TrackerQuery? tracker = null)
    {
        PodSide = side;
        Protocol = protocol;
        Table = new(capacity);
        Tracker = new(Table, Reasons, tracker, started: UnixTime(started) - BootTime);
    }

    public static DropReasons Reasons { get; } =
        DropReasons.Of((3, "NO_SOCKET"), (8, "NETFILTER_DROP"), (42, "QDISC_DROP"), (50, "NEIGH_FAILED"));

    public Side PodSide { get; }

    public TransportProtocol Protocol { get; set; }

    public IPEndPoint Client { get; set; } = IPEndPoint.Parse("10.244.0.2:43210");

    public IPEndPoint Server { get; set; } = IPEndPoint.Parse("10.96.0.10:80");

    public int Interface { get; set; } = 7;

    /// <summary>The node's own addresses.</summary>
    public string[] Node
    {
        init => _node.UnionWith(value.Select(address => Address.From(IPAddress.Parse(address))));
    }

    public ConnectionTable Table { get; }

    public ConnectionTracker Tracker { get; }

    /// <summary>Number of reports to the relay.</summary>
    public int Updates { get; private set; }

    /// <summary>The latest sighting of each ID, ordered by ID.</summary>
    public IReadOnlyList<Sighting> Sightings
    {
        get
        {
            Report();
            return [.. _latest.Values.OrderBy(sighting => sighting.Id)];
        }
    }

    /// <summary>The only sighting.</summary>
    public Sighting Sighting => Assert.Single(Sightings);

    private bool PodIsClient => PodSide == Side.Client;

    public FlowKey Key => PodIsClient
        ? new(Address.From(Client.Address), Address.From(Server.Address), Port.From(Client.Port), Port.From(Server.Port), Interface)
        : new(Address.From(Server.Address), Address.From(Client.Address), Port.From(Server.Port), Port.From(Client.Port), Interface);

    /// <summary>Converts a time of this trace to Unix time in ns.</summary>
    public static long UnixTime(double ms) => BootTime + 1_000 * Timing.Second + (long)(ms * 1_000_000);

    /// <summary>Sets the time of the next packets.</summary>
    public Trace At(double ms)
    {
        _now = UnixTime(ms) - BootTime;
        return this;
    }

    public Trace Syn(uint seq = 100, By by = By.Client) => Moment(by, FlowFlags.Syn, seq);

    public Trace SynAck(uint ack = 101, By by = By.Server) => Moment(by, FlowFlags.Syn | FlowFlags.Ack, 500, ack);

    /// <summary>The client's first ACK, on the CPU that saw its SYN; other ACKs are not moments.</summary>
    public Trace Ack(By by = By.Client) => Moment(by, FlowFlags.Ack, 101, 501);

    public Trace Fin(By by) => Moment(by, FlowFlags.Fin | FlowFlags.Ack);

    public Trace Reset(By by, uint? ack = null) =>
        Moment(by, ack is null ? FlowFlags.Rst : FlowFlags.Rst | FlowFlags.Ack, 0, ack ?? 0);

    /// <summary>SYN, SYN-ACK, ACK within a millisecond.</summary>
    public Trace Handshake(double ms = 0, uint seq = 100) => At(ms).Syn(seq).At(ms + 0.5).SynAck(seq + 1).At(ms + 1).Ack();

    /// <summary>The first packet of a TCP connection or UDP conversation.</summary>
    public Trace Open(uint seq) => Protocol == TransportProtocol.Tcp ? Syn(seq) : Datagram(By.Client);

    /// <summary>A UDP packet that is the first of its direction in a slot.</summary>
    public Trace Datagram(By by) => Moment(by, FlowFlags.None);

    /// <summary>An ICMP destination unreachable about a packet of the other side.</summary>
    public Trace Unreachable(int code, By by = By.Server) => Moment(by, FlowFlags.None, icmp: (byte)(code + 1));

    /// <summary>A slot is read: the counts since the last read, and all flags so far.</summary>
    public Trace Counted(
        (uint Packets, ulong Bytes) toServer = default,
        (uint Packets, ulong Bytes) toClient = default,
        FlowFlags clientFlags = FlowFlags.None,
        FlowFlags serverFlags = FlowFlags.None,
        double? lastMs = null)
    {
        FlowFlags usual = Protocol == TransportProtocol.Tcp ? FlowFlags.Ack : FlowFlags.None;
        FlowFlags client = toServer.Packets == 0 ? 0 : FlowFlags.Seen | (clientFlags == 0 ? usual : clientFlags);
        FlowFlags server = toClient.Packets == 0 ? 0 : FlowFlags.Seen | (serverFlags == 0 ? usual : serverFlags);
        long last = lastMs is { } ms ? UnixTime(ms) - BootTime : _now;
        Tracker.OnGrowth(PodIsClient
            ? new(Key, Protocol, client, server, last, toServer.Bytes, toClient.Bytes, toServer.Packets, toClient.Packets)
            : new(Key, Protocol, server, client, last, toClient.Bytes, toServer.Bytes, toClient.Packets, toServer.Packets));
        return this;
    }

    /// <summary>The time advances; all slots have been read.</summary>
    public Trace Time(double ms)
    {
        At(ms).Tracker.OnTick(_now);
        return this;
    }

    /// <summary>The interface leads to a pod since then.</summary>
    public Trace Appeared(double ms)
    {
        Table.SetAppeared(Interface, UnixTime(ms) - BootTime);
        return this;
    }

    public Trace InterfaceRemoved(int index)
    {
        Tracker.OnInterfaceRemoved(index, _now);
        return this;
    }

    /// <summary>The relay takes all queued updates.</summary>
    public Trace Report()
    {
        while (Table.TryTakeUpdate(out Connection? connection))
        {
            _latest[connection.Id] = SightingWriter.Write(connection, BootTime, _node);
            Updates++;
        }

        return this;
    }

    private Trace Moment(By by, FlowFlags flags, uint seq = 0, uint ack = 0, byte icmp = 0)
    {
        Moment moment = new()
        {
            Kind = RecordKind.Moment,
            Protocol = Protocol,
            Direction = (by == By.Client) == PodIsClient ? Direction.FromPod : Direction.ToPod,
            Flags = icmp == 0 ? flags | FlowFlags.Seen : FlowFlags.None,
            Icmp = icmp,
            Time = _now,
            Key = Key,
            TcpSequence = seq,
            TcpAcknowledgement = ack,
        };
        Tracker.OnMoment(in moment);
        return this;
    }
}
