using Depmap.Agent.Records;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connection state machine: turns the kernel's records into connections, and says which the relay is to hear of.
/// Pure: it knows no kernel and no clock. Times are CLOCK_MONOTONIC, ns.
/// </summary>
/// <param name="ephemeralPorts">Lowest port that clients get by themselves (net.ipv4.ip_local_port_range).</param>
/// <param name="started">When the agent began to observe: for a while after, what comes first may be an answer.</param>
internal sealed partial class ConnectionTracker(
    ConnectionTable table, DropReasons reasons, int ephemeralPorts = 32768, long started = long.MinValue / 2)
{
    private const int UnseenFlowsHeld = 4096;

    private readonly List<Connection> _over = [];
    private readonly UnseenFlows _unseen = new(UnseenFlowsHeld);
    private ulong _lastId;

    /// <summary>A packet that changes what is known of its flow.</summary>
    public void OnMoment(in Moment moment)
    {
        table.TryGet(new ConnectionKey(moment.Key, moment.Protocol), out Connection? connection);
        if (moment.Icmp != 0)
            OnUnreachable(connection, in moment);
        else if (moment.Protocol == TransportProtocol.Udp)
            OnUdp(connection, in moment);
        else
            OnTcp(connection, in moment);
    }

    /// <summary>Packets of a flow were counted.</summary>
    public void OnGrowth(in FlowGrowth growth)
    {
        ConnectionKey key = new(growth.Key, growth.Protocol);
        // Beyond its end the counts are stragglers, or the first of a new connection whose SYN they overtook.
        table.TryGet(in key, out Connection? connection);
        if (connection is { Ended: false })
            Count(connection, in growth);
        else if (!_unseen.TryHold(in key, in growth) && connection is null)
            OpenUnseen(in key, in growth);
    }

    /// <summary>The kernel threw a packet away.</summary>
    public void OnDrop(in Drop drop)
    {
        if (DropSighting.Of(in drop, reasons, table) is not { } dropped)
            return;
        if (table.TryGet(dropped.Key, out Connection? known)
            && known.InitialSequence == dropped.InitialSequence
            && (known.IsTcp || drop.Time - known.Last <= Timing.UdpIdle))
        {
            known.Last = drop.Time; // a repeat of the same opening
            if (known.IsDoubtful)
                CountStuck(known, in drop, dropped.IsAnswer);
            return;
        }

        Connection connection = new()
        {
            Key = dropped.Key,
            Id = ++_lastId,
            Side = Side.Node,
            Opened = drop.Time,
            Last = drop.Time,
            State = State.Dropped,
            InitialSequence = dropped.InitialSequence,
            DropReason = dropped.Reason,
            DropDetail = dropped.Detail,
            Original = dropped.Original,
        };
        if (!table.TryAdd(connection, isFirst: true))
            return;
        if (connection.IsTcp && dropped.InitialSequence is null)
            CountStuck(connection, in drop, dropped.IsAnswer);
        else
            table.Report(connection);
    }

    private void CountStuck(Connection connection, in Drop drop, bool ofServer)
    {
        (uint sequence, int times) = ofServer ? connection.StuckOfServer : connection.StuckOfClient;
        (uint, int) next = (drop.TcpSequence, sequence == drop.TcpSequence ? times + 1 : 1);
        if (ofServer)
            connection.StuckOfServer = next;
        else
            connection.StuckOfClient = next;
        if (!connection.IsDoubtful)
            table.Report(connection);
    }

    /// <summary>The interface is gone, and with it all that went through it. What was counted last is yet to be read.</summary>
    public void OnInterfaceGone(int index, long now)
    {
        _unseen.ForgetInterface(index);
        foreach (Connection connection in table.All)
        {
            if (connection.Key.Flow.Interface == index && connection.Closed == 0)
                connection.Closed = now;
        }
    }

    /// <summary>Lets time pass: what was not answered, what is over. Call it once a second, after the counts were read.</summary>
    public void OnTime(long now)
    {
        foreach ((ConnectionKey key, FlowGrowth growth) in _unseen.Ripe)
        {
            if (!table.TryGet(in key, out Connection? connection))
                OpenUnseen(in key, in growth);
            else if (!connection.Ended)
                Count(connection, in growth);
        }

        _unseen.Pass();
        _over.Clear();
        foreach (Connection connection in table.All)
        {
            bool isOver = connection.Closed != 0 || connection.State == State.Dropped
                ? EndClosed(connection, now)
                : connection.IsTcp ? TimeOutTcp(connection, now) : TimeOutUdp(connection, now);
            if (isOver)
                _over.Add(connection);
        }

        foreach (Connection connection in _over)
            table.Remove(connection);
    }

    /// <summary>Reports the end of a closed connection once its last counts have been read.</summary>
    /// <returns>True when late packets are no longer expected and the connection can be forgotten.</returns>
    private bool EndClosed(Connection connection, long now)
    {
        if (!connection.Ended && connection.Closed != 0 && now - connection.Closed >= Timing.Settle)
        {
            connection.Ended = true;
            table.Report(connection);
        }

        long since = connection.Closed != 0 ? connection.Closed : connection.Last;
        long kept = connection.Closed != 0 ? Timing.Linger : connection.IsTcp ? Timing.SynForgotten : Timing.UdpIdle;
        return now - since > kept;
    }

    private void Count(Connection connection, in FlowGrowth growth)
    {
        connection.PacketsFromPod += growth.PacketsFromPod;
        connection.PacketsToPod += growth.PacketsToPod;
        connection.BytesFromPod += growth.BytesFromPod;
        connection.BytesToPod += growth.BytesToPod;
        connection.Last = Math.Max(connection.Last, growth.Last);
        if (ShowsAnswer(connection, in growth))
            Establish(connection);
        table.Report(connection);
    }

    /// <summary>
    /// The counts tell of an answer where its moment was lost, or was none: the client's first ACK by another CPU than its SYN.
    /// </summary>
    private static bool ShowsAnswer(Connection connection, in FlowGrowth growth)
    {
        // The same ends may have had a connection before, and its last counts may come only now.
        if (connection.State is State.Established || connection.Closed != 0 || growth.Last < connection.Opened - Timing.ClockLag)
            return false;
        bool podIsClient = connection.FromClient == Direction.FromPod;
        if (!connection.IsTcp)
            return (podIsClient ? growth.PacketsToPod : growth.PacketsFromPod) > 0;
        return podIsClient
            ? growth.PacketsFromPod > 0 && growth.FlagsFromPod.HasFlag(FlowFlags.Ack)
            : growth.PacketsToPod > 0 && growth.FlagsToPod.HasFlag(FlowFlags.Ack);
    }

    /// <summary>The error is about a packet that went the other way; only the client's packet is an opening.</summary>
    private void OnUnreachable(Connection? connection, in Moment moment)
    {
        if (connection is null || Opposite(moment.Direction) != connection.FromClient)
            return;
        bool isUnanswered = connection.State is State.Opening or State.OneWay || connection.DropReason == DropReason.Timeout;
        if (!isUnanswered || connection.Closed != 0)
            return;
        bool isIPv6 = connection.Key.Flow.Peer.First != 0 || connection.Key.Flow.Pod.First != 0;
        (DropReason reason, string detail) = IcmpUnreachable.Meaning(moment.Icmp - 1, isIPv6);
        Fail(connection, reason, detail);
    }

    private Connection? Open(in ConnectionKey key, Direction fromClient, long time, bool isFirst, bool guessed = false)
    {
        Connection connection = new()
        {
            Key = key,
            Id = ++_lastId,
            Side = fromClient == Direction.FromPod ? Side.Client : Side.Server,
            Opened = time,
            Last = time,
            Guessed = guessed,
        };
        if (!table.TryAdd(connection, isFirst))
            return null;
        table.Report(connection);
        return connection;
    }

    /// <summary>Packets of a connection whose opening was not seen: it is older than the agent, or the moment was lost.</summary>
    private void OpenUnseen(in ConnectionKey key, in FlowGrowth growth)
    {
        FlowFlags all = growth.FlagsFromPod | growth.FlagsToPod;
        if ((all & (FlowFlags.Fin | FlowFlags.Rst)) != 0)
            return; // stragglers of one that is over
        bool isTcp = key.Protocol == TransportProtocol.Tcp;
        Direction? only = growth.FlagsToPod == 0 ? Direction.FromPod : growth.FlagsFromPod == 0 ? Direction.ToPod : null;
        // A SYN and nothing else: who sent it is the client.
        bool isOnlySyn = isTcp && only is not null && all.HasFlag(FlowFlags.Syn) && !all.HasFlag(FlowFlags.Ack);
        Direction client = only is { } sender && (isOnlySyn || !isTcp) ? sender : GuessClient(key.Flow);
        if (Open(in key, client, growth.Last, isFirst: false, guessed: !isOnlySyn) is not { } connection)
            return;
        if (isOnlySyn)
            connection.LastSyn = growth.Last;
        else if (isTcp || only is null)
            Establish(connection);
        Count(connection, in growth);
    }

    /// <summary>The higher port is the client's: those that clients get by themselves are the highest.</summary>
    private static Direction GuessClient(in FlowKey key) =>
        key.PodPort.Number > key.PeerPort.Number ? Direction.FromPod : Direction.ToPod;

    private void Establish(Connection connection)
    {
        connection.State = State.Established;
        connection.DropReason = DropReason.Unspecified;
        connection.DropDetail = "";
        table.Report(connection);
    }

    private void Fail(Connection connection, DropReason reason, string detail)
    {
        connection.State = State.Dropped;
        connection.DropReason = reason;
        connection.DropDetail = detail;
        table.Report(connection);
    }

    private static Direction Opposite(Direction direction) =>
        direction == Direction.FromPod ? Direction.ToPod : Direction.FromPod;
}
