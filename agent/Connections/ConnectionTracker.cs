using Depmap.Agent.Kernel;
using Depmap.V1;

namespace Depmap.Agent.Connections;

/// <summary>
/// The connection state machine: turns the kernel's records into connections, and says which the relay is to hear of.
/// Pure: it knows no kernel and no clock. Times are CLOCK_MONOTONIC, ns.
/// </summary>
/// <param name="ephemeralPorts">Lowest port that clients get by themselves (net.ipv4.ip_local_port_range).</param>
internal sealed class ConnectionTracker(ConnectionTable table, DropReasons reasons, int ephemeralPorts = 32768)
{
    private readonly List<Connection> over = [];
    private ulong lastId;

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
        if (!table.TryGet(in key, out Connection? connection))
        {
            connection = OpenUnseen(in key, in growth);
            if (connection is null)
                return;
        }

        connection.PacketsFromPod += growth.PacketsFromPod;
        connection.PacketsToPod += growth.PacketsToPod;
        connection.BytesFromPod += growth.BytesFromPod;
        connection.BytesToPod += growth.BytesToPod;
        connection.Last = Math.Max(connection.Last, growth.Last);
        bool clientAcknowledged = connection.FromClient == Direction.FromPod
            ? growth.PacketsFromPod > 0 && growth.FlagsFromPod.HasFlag(FlowFlags.Ack)
            : growth.PacketsToPod > 0 && growth.FlagsToPod.HasFlag(FlowFlags.Ack);
        // The client's first ACK is no moment where it came by another CPU than its SYN.
        if (connection is { IsTcp: true, IsOpening: true, SynAck: not 0 } && clientAcknowledged)
            Establish(connection);
        if (!connection.Ended)
            table.Report(connection);
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
            return;
        }

        Connection connection = new()
        {
            Key = dropped.Key,
            Id = ++lastId,
            Side = Side.Node,
            Opened = drop.Time,
            Last = drop.Time,
            State = State.Dropped,
            InitialSequence = dropped.InitialSequence,
            DropReason = dropped.Reason,
            DropDetail = dropped.Detail,
            Original = dropped.Original,
        };
        if (table.TryAdd(connection))
            table.Report(connection);
    }

    /// <summary>The interface is gone, and with it all that went through it.</summary>
    public void OnInterfaceGone(int index)
    {
        over.Clear();
        foreach (Connection connection in table.All)
        {
            if (connection.Key.Flow.Interface == index)
                over.Add(connection);
        }

        foreach (Connection connection in over)
            table.Remove(connection);
    }

    /// <summary>Lets time pass: what was not answered, what is over. Call it once a second, after the counts were read.</summary>
    public void OnTime(long now)
    {
        over.Clear();
        foreach (Connection connection in table.All)
        {
            if (connection.Closed != 0 || connection.State == State.Dropped)
            {
                if (!connection.Ended && connection.Closed != 0 && now - connection.Closed >= Timing.Settle)
                {
                    connection.Ended = true;
                    table.Report(connection);
                }

                long since = connection.Closed != 0 ? connection.Closed : connection.Last;
                long kept = connection.Closed != 0 ? Timing.Linger : connection.IsTcp ? Timing.SynForgotten : Timing.UdpIdle;
                if (now - since > kept)
                    over.Add(connection);
            }
            else if (!connection.IsTcp)
            {
                if (connection.IsOpening && now - connection.Opened >= Timing.UdpUnanswered)
                {
                    connection.State = State.OneWay;
                    table.Report(connection);
                }

                if (now - connection.Last > Timing.UdpIdle)
                    over.Add(connection);
            }
            else if (connection.IsOpening && IsUnanswered(connection, now))
            {
                Fail(connection, DropReason.Timeout, "");
            }
            else if (connection.IsOpening && now - connection.Last > Timing.SynForgotten)
            {
                over.Add(connection);
            }
        }

        foreach (Connection connection in over)
            table.Remove(connection);
    }

    private static bool IsUnanswered(Connection connection, long now) =>
        connection is { Side: Side.Client, SynAck: 0 }
        && (connection.SynRetransmits >= Timing.SynRetransmitsBeforeTimeout || now - connection.LastSyn > Timing.SynUnanswered);

    private void OnTcp(Connection? connection, in Moment moment)
    {
        if (connection is not null)
            connection.Last = moment.Time;
        if (moment.Flags.HasFlag(FlowFlags.Syn))
        {
            if (moment.Flags.HasFlag(FlowFlags.Ack))
                OnSynAck(connection, in moment);
            else
                OnSyn(connection, in moment);
            return;
        }

        if (connection is null || connection.Closed != 0)
            return;
        bool fromClient = moment.Direction == connection.FromClient;
        if (moment.Flags.HasFlag(FlowFlags.Rst))
        {
            OnReset(connection, fromClient, moment.Time);
            return;
        }

        if (connection.IsOpening && fromClient && connection.SynAck != 0 && moment.Flags.HasFlag(FlowFlags.Ack))
            Establish(connection);
        if (!moment.Flags.HasFlag(FlowFlags.Fin))
            return;
        if (moment.Direction == Direction.FromPod)
            connection.FinFromPod |= FlowFlags.Fin;
        else
            connection.FinToPod |= FlowFlags.Fin;
        if ((connection.FinFromPod & connection.FinToPod) != 0)
            connection.Closed = moment.Time;
    }

    private void OnSyn(Connection? connection, in Moment moment)
    {
        if (connection is { Closed: 0 })
        {
            // Sent again. Or both ends opened at once (RFC 9293 3.5): who came first stays the client.
            if (connection.InitialSequence == moment.TcpSequence && moment.Direction == connection.FromClient)
            {
                connection.SynRetransmits++;
                connection.LastSyn = moment.Time;
                return;
            }

            if (connection.IsOpening && moment.Direction != connection.FromClient)
                return;
        }

        if (Open(new ConnectionKey(moment.Key, moment.Protocol), moment.Direction, moment.Time) is { } opened)
        {
            opened.InitialSequence = moment.TcpSequence;
            opened.LastSyn = moment.Time;
        }
    }

    private void OnSynAck(Connection? connection, in Moment moment)
    {
        uint initialSequence = moment.TcpAcknowledgement - 1; // RFC 9293 3.5
        if (connection is null || connection.Closed != 0)
        {
            if (connection?.InitialSequence == initialSequence)
                return; // a straggler
            // The SYN was not seen, but this says who sent it.
            connection = Open(new ConnectionKey(moment.Key, moment.Protocol), Opposite(moment.Direction), moment.Time);
            if (connection is null)
                return;
            connection.InitialSequence = initialSequence;
        }

        if (connection.State is State.Established)
            return;
        if (connection.SynAck == 0)
            connection.SynAck = moment.Time;
        // At the client's interface the answer has arrived. At the server's it may yet be lost: its ACK decides. Both
        // ends' SYN-ACKs in a simultaneous open arrive as well.
        if (moment.Direction == Direction.ToPod)
            Establish(connection);
    }

    private void OnReset(Connection connection, bool fromClient, long time)
    {
        if (connection.IsOpening || connection is { State: State.Dropped, DropReason: DropReason.Timeout })
        {
            if (connection.SynAck != 0)
                Establish(connection); // it was answered, then cut
            else if (fromClient)
                Fail(connection, DropReason.Timeout, ""); // gave up before any answer
            else
                Fail(connection, DropReason.Refused, "");
        }

        connection.Closed = time;
    }

    private void OnUdp(Connection? connection, in Moment moment)
    {
        if (connection is null || moment.Time - connection.Last > Timing.UdpIdle)
        {
            Open(new ConnectionKey(moment.Key, moment.Protocol), moment.Direction, moment.Time);
            return;
        }

        connection.Last = moment.Time;
        if (moment.Direction != connection.FromClient && connection.State is not State.Established)
            Establish(connection);
    }

    /// <summary>The error is about a packet that went the other way; only the client's packet is an opening.</summary>
    private void OnUnreachable(Connection? connection, in Moment moment)
    {
        if (connection is null || Opposite(moment.Direction) != connection.FromClient)
            return;
        if (connection.State is not (State.Opening or State.OneWay))
            return;
        bool isIPv6 = connection.Key.Flow.Peer.First != 0 || connection.Key.Flow.Pod.First != 0;
        (DropReason reason, string detail) = IcmpUnreachable.Meaning(moment.Icmp - 1, isIPv6);
        Fail(connection, reason, detail);
    }

    private Connection? Open(in ConnectionKey key, Direction fromClient, long time, bool guessed = false)
    {
        Connection connection = new()
        {
            Key = key,
            Id = ++lastId,
            Side = fromClient == Direction.FromPod ? Side.Client : Side.Server,
            Opened = time,
            Last = time,
            Guessed = guessed,
        };
        if (!table.TryAdd(connection))
            return null;
        table.Report(connection);
        return connection;
    }

    /// <summary>Packets of a connection whose opening was not seen: it is older than the agent, or the moment was lost.</summary>
    private Connection? OpenUnseen(in ConnectionKey key, in FlowGrowth growth)
    {
        FlowFlags all = growth.FlagsFromPod | growth.FlagsToPod;
        if ((all & (FlowFlags.Fin | FlowFlags.Rst)) != 0)
            return null; // stragglers of one that is over
        bool isTcp = key.Protocol == TransportProtocol.Tcp;
        if (isTcp && all.HasFlag(FlowFlags.Syn) && !all.HasFlag(FlowFlags.Ack))
        {
            // A SYN and nothing else: who sent it is the client.
            Direction sender = growth.FlagsFromPod.HasFlag(FlowFlags.Syn) ? Direction.FromPod : Direction.ToPod;
            if (Open(in key, sender, growth.Last) is not { } opening)
                return null;
            opening.LastSyn = growth.Last;
            return opening;
        }

        Direction? only = growth.FlagsToPod == 0 ? Direction.FromPod : growth.FlagsFromPod == 0 ? Direction.ToPod : null;
        Direction client = !isTcp && only is { } oneWay ? oneWay : GuessClient(key.Flow);
        Connection? connection = Open(in key, client, growth.Last, guessed: true);
        if (connection is not null && (isTcp || only is null))
            Establish(connection);
        return connection;
    }

    /// <summary>A port that clients get by themselves is the client's; else the higher one is.</summary>
    private Direction GuessClient(in FlowKey key)
    {
        bool podEphemeral = key.PodPort.Number >= ephemeralPorts;
        bool peerEphemeral = key.PeerPort.Number >= ephemeralPorts;
        bool podIsClient = podEphemeral != peerEphemeral ? podEphemeral : key.PodPort.Number > key.PeerPort.Number;
        return podIsClient ? Direction.FromPod : Direction.ToPod;
    }

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
